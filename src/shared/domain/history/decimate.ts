import type { RecentPoint } from '../../model/status.ts'

/** Steps that a window is drawn in: at 1280 px a step is 7 px wide, and each point costs at every redraw. */
const DRAWN_STEPS = 100

/** One point a step, one more where the window's edges lie inside steps, and the one before the window. */
export const MAX_DRAWN_POINTS = DRAWN_STEPS + 2

/** No step is shorter than the distance of two points. */
const LEAST_STEP_MS = 1_000

/** How long one drawn point stands for, in ms; nothing new can be seen in less. */
export const drawnStepMs = (windowMs: number): number => Math.max(LEAST_STEP_MS, windowMs / DRAWN_STEPS)

/**
 * One of `points` (sorted by time) per step: the one with the least available.
 *
 * The lowest moment is what matters to a guard, so no dip is smoothed away; a step is shown by one real sample,
 * never a mixture, so that its bands still add up. Steps are aligned to the clock, not to the window's start: a
 * sliding window keeps its points where they are instead of shimmering.
 */
export function decimate(points: readonly RecentPoint[], stepMs: number): readonly RecentPoint[] {
  const kept: RecentPoint[] = []
  let step = Number.NEGATIVE_INFINITY
  for (const point of points) {
    const own = Math.floor(point.atMs / stepMs)
    const shown = kept.at(-1)
    if (own !== step || shown === undefined) {
      step = own
      kept.push(point)
    } else if (point.memAvailableBytes <= shown.memAvailableBytes) {
      kept[kept.length - 1] = point
    }
  }
  return kept
}
