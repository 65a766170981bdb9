/** One reading of allocatable memory on the monotonic clock. */
export interface AvailablePoint {
  readonly monotonicMs: number
  readonly availableBytes: number
}

/** Two seconds: long enough to smooth one allocation burst, short against the 9 s of a published collapse. */
export const FALL_WINDOW_MS = 2_000
/** Below this a seconds-to-empty figure would be noise: a desktop breathes by some MiB each second. */
export const LEAST_FALL_BYTES_PER_S = 64 * 1024 ** 2

/**
 * How fast memory falls, bytes per second, over the last FALL_WINDOW_MS; 0 while it rises or rests.
 *
 * Elapsed time, not tick counts: a starved machine delays its timers just when this matters.
 */
export function fallBytesPerS(points: readonly AvailablePoint[]): number {
  const last = points.at(-1)
  if (!last) return 0
  const first = points.find((point) => point.monotonicMs >= last.monotonicMs - FALL_WINDOW_MS)
  if (!first || first.monotonicMs >= last.monotonicMs) return 0
  const rate = ((first.availableBytes - last.availableBytes) * 1000) / (last.monotonicMs - first.monotonicMs)
  return Number.isFinite(rate) && rate > 0 ? rate : 0
}

/** Seconds until nothing is left at the present rate; null while memory does not really fall. */
export function secondsToEmpty(availableBytes: number, fall: number): number | null {
  return fall < LEAST_FALL_BYTES_PER_S ? null : availableBytes / fall
}
