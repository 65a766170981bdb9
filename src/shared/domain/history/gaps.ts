import type { RecentPoint } from '../../model/status.ts'

/**
 * Two points farther apart than this have unmeasured time between them, in ms: one is kept every second, and a
 * sampler on a starved machine has been seen some seconds late.
 */
export const GAP_MS = 5_000

/** Time of which nothing is known. */
export interface Gap {
  readonly fromMs: number
  readonly toMs: number
}

/** Where nothing was measured between `fromMs` and the last of `points` (all of them, before any is left out). */
export function gapsOf(points: readonly RecentPoint[], fromMs: number): readonly Gap[] {
  const gaps: Gap[] = []
  let before: number | null = null
  for (const { atMs } of points) {
    const start = Math.max(fromMs, before ?? fromMs)
    // What came before the first point is unknown, however short it is.
    if (atMs > start && (before === null || atMs - before > GAP_MS)) gaps.push({ fromMs: start, toMs: atMs })
    before = atMs
  }
  return gaps
}
