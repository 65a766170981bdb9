import { REST_TICK_MS } from '../../shared/domain/guard/pace.ts'

/** Above the fastest fall ever published, 14 GiB/s. */
const FASTEST_FALL_BYTES_PER_MS = (16 * 1024 ** 3) / 1000
/** What one pause may use up of the time such a fall would take to the reserve. */
const SHARE = 1 / 4
/** Beyond this nothing is saved: the process wakes for its core once a second anyway. */
const LONGEST_MS = 250

/**
 * How long to wait, where the guard's own pace says 'at rest'.
 *
 * Most of a look's cost is waking up. With so much room that even the fastest fall needs four such pauses to reach
 * the reserve, waiting longer costs nothing: the next look finds the fall and shortens the pause.
 */
export function restMs(paceMs: number, roomBytes: number): number {
  if (paceMs < REST_TICK_MS) return paceMs
  const harmlessMs = (roomBytes * SHARE) / FASTEST_FALL_BYTES_PER_MS
  return Math.max(paceMs, Math.min(LONGEST_MS, harmlessMs))
}
