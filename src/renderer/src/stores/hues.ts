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
 * A hue for each id: its preferred one, or the next that is free.
 *
 * It depends on `profiles` alone, not on what runs or on the order of anything, so that a model looks the same in
 * every session; ids that belong to no profile come after them. With more ids than hues the least used repeat:
 * names and order tell them apart then.
 */
export function assignHues(
  profiles: readonly string[],
  others: readonly string[] = []
): ReadonlyMap<string, number> {
  const hues = new Map<string, number>()
  const used = Array.from({ length: HUE_COUNT }, () => 0)
  // By hash, so that a new profile moves only those few that prefer what it takes and come after it.
  const ordered = (ids: readonly string[]): readonly string[] =>
    [...new Set(ids)].toSorted((a, b) => hash(a) - hash(b) || (a < b ? -1 : 1))
  for (const id of [...ordered(profiles), ...ordered(others)]) {
    if (hues.has(id)) continue
    const least = Math.min(...used)
    let hue = hash(id) % HUE_COUNT
    while ((used[hue] ?? 0) > least) hue = (hue + 1) % HUE_COUNT
    used[hue] = (used[hue] ?? 0) + 1
    hues.set(id, hue)
  }
  return hues
}
