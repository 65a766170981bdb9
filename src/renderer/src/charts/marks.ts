/** A moment worth a line in the graph: what became of models, and what the guard did. */
export interface GraphMark {
  readonly atMs: number
  readonly label: string
}

export interface Marked {
  readonly label: string
  readonly kind: 'started' | 'stopped' | 'ended' | 'killed' | 'paused' | 'resumed' | 'halted'
  readonly atMs: number
}

/** Marks nearer than this share of the window share a label, or they would be drawn over each other. */
const NEAR_SHARE = 0.2

/** A label longer than this would leave the plot. */
const MAX_LABEL_CHARS = 44

const short = (text: string): string =>
  text.length <= MAX_LABEL_CHARS ? text : `${text.slice(0, MAX_LABEL_CHARS - 1)}…`

const WORDS: Readonly<Record<Marked['kind'], (names: string) => string>> = {
  started: (names) => `Started ${names}`,
  stopped: (names) => `Stopped ${names}`,
  ended: (names) => `${names} ended`,
  killed: (names) => `${names} ended (killed)`,
  paused: (names) => `Guard paused ${names}`,
  resumed: (names) => `${names} goes on`,
  halted: (names) => `Guard stopped ${names}`
}

/** Of one that was paused a moment before it went on or was stopped, only the latter: there is no room for both. */
const outcomes = (marked: readonly Marked[]): readonly Marked[] =>
  marked.filter(
    (one, at) =>
      one.kind !== 'paused' ||
      !marked.slice(at + 1).some(({ kind, label }) => kind !== 'paused' && label === one.label)
  )

/** 'Started a, b · Stopped c': what happened one after the other, alike things together. */
function inWords(marked: readonly Marked[]): string {
  const runs: { kind: Marked['kind']; names: string[] }[] = []
  for (const { kind, label } of outcomes(marked)) {
    const last = runs.at(-1)
    if (last?.kind === kind) last.names.push(label)
    else runs.push({ kind, names: [label] })
  }
  return runs.map(({ kind, names }) => WORDS[kind](names.join(', '))).join(' · ')
}

/** One mark per moment inside the window; neighbours are joined. */
export function graphMarks(marked: readonly Marked[], fromMs: number, toMs: number): readonly GraphMark[] {
  const inside = marked
    .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
    .toSorted((a, b) => a.atMs - b.atMs)
  const groups: { atMs: number; members: Marked[] }[] = []
  for (const one of inside) {
    const last = groups.at(-1)
    if (last !== undefined && one.atMs - last.atMs < (toMs - fromMs) * NEAR_SHARE) last.members.push(one)
    else groups.push({ atMs: one.atMs, members: [one] })
  }
  return groups.map(({ atMs, members }) => ({ atMs, label: short(inWords(members)) }))
}
