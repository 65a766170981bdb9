import { REST_TICK_MS } from '../../shared/domain/guard/pace.ts'

/** The fastest fall ever published, 14 GiB/s. */
const FASTEST_FALL_BYTES_PER_MS = (14 * 1024 ** 3) / 1000
/** What it takes from the first look that sees a fall until a stop has its effect: proof 250–350 ms, horizon 900 ms. */
const NEEDED_MS = 1_200
/** The history that proves a fall should not be older. */
const LONGEST_MS = 500

/**
 * How long to wait, where the guard's own pace says 'at rest'.
 *
 * Most of a look's cost is waking up. Where even the fastest fall that begins right after a look would leave enough
 * time at the next one, waiting that long costs nothing: the next look finds the fall and shortens the pause.
 */
export function restMs(paceMs: number, roomBytes: number): number {
  if (paceMs < REST_TICK_MS) return paceMs
  const spareMs = roomBytes / FASTEST_FALL_BYTES_PER_MS - NEEDED_MS
  return Math.max(paceMs, Math.min(LONGEST_MS, spareMs))
}
