/** Model hues in tokens.css: Okabe–Ito without black, tuned per theme for contrast. */
export const HUE_COUNT = 7

/** FNV-1a, so that an id prefers the same hue on every machine and in every session. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  }
  return value >>> 0
}

/**
 * A hue for each id; those that have one keep it, a new one takes its preferred hue or the next that is free.
 *
 * With more ids than hues the least used ones repeat: names and order tell them apart then.
 */
export function assignHues(
  known: ReadonlyMap<string, number>,
  ids: readonly string[]
): ReadonlyMap<string, number> {
  const fresh = [...new Set(ids)].filter((id) => !known.has(id)).toSorted()
  if (fresh.length === 0) return known
  const hues = new Map(known)
  const used = Array.from({ length: HUE_COUNT }, () => 0)
  for (const hue of hues.values()) used[hue] = (used[hue] ?? 0) + 1
  for (const id of fresh) {
    const least = Math.min(...used)
    let hue = hash(id) % HUE_COUNT
    while ((used[hue] ?? 0) > least) hue = (hue + 1) % HUE_COUNT
    used[hue] = (used[hue] ?? 0) + 1
    hues.set(id, hue)
  }
  return hues
}
