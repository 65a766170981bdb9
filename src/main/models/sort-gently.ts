import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareIds } from '../../shared/util/compare-ids.ts'

/** Sorted in one go: about a millisecond's work. */
const AT_ONCE = 1_000

interface Keyed<T> {
  readonly key: string
  readonly item: T
}

/** Sorts by a key without holding up the event loop for long: ten thousand items at once take it tens of milliseconds. */
export async function sortGently<T>(items: readonly T[], keyOf: (item: T) => string): Promise<readonly T[]> {
  let runs: (readonly Keyed<T>[])[] = []
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const some = items.slice(from, from + AT_ONCE).map((item) => ({ key: keyOf(item), item }))
    runs.push(some.toSorted((a, b) => compareIds(a.key, b.key)))
    await nextTurn()
  }
  while (runs.length > 1) {
    const merged: (readonly Keyed<T>[])[] = []
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(merge(runs[at] ?? [], runs[at + 1] ?? []))
      await nextTurn()
    }
    runs = merged
  }
  return (runs[0] ?? []).map(({ item }) => item)
}

function merge<T>(left: readonly Keyed<T>[], right: readonly Keyed<T>[]): readonly Keyed<T>[] {
  const merged: Keyed<T>[] = []
  let l = left[0]
  let r = right[0]
  for (let i = 0, j = 0; l !== undefined || r !== undefined;) {
    // Of equals the left one first: the order they came in.
    if (l !== undefined && (r === undefined || compareIds(l.key, r.key) <= 0)) {
      merged.push(l)
      l = left[++i]
    } else if (r !== undefined) {
      merged.push(r)
      r = right[++j]
    }
  }
  return merged
}
