/** The last lines are enough: progress is written again and again. */
const TAIL_CHARACTERS = 65_536
/** 'Loading safetensors checkpoint shards:  45% Completed', 'Multi-thread loading shards: 45% …'; after a colour, too. */
const SHARDS = /(?<!down)loading\b[^\r\n%]{0,80}?\b(\d{1,3})%/gi
const ALL = 100

/** How much of its weights a server has loaded as its log says, 0 to 1; null where it says nothing of it. */
export function loadedShareFromLog(logTail: string): number | null {
  const last = [...logTail.slice(-TAIL_CHARACTERS).matchAll(SHARDS)].at(-1)
  const percent = last === undefined ? null : Number(last[1])
  return percent === null || percent > ALL ? null : percent / ALL
}
