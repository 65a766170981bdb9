import type { RecentPoint } from '../../model/status.ts'

/** What the panel keeps: 15 minutes at one point a second. */
export const MAX_RECENT_POINTS = 900

/** Two points are at least this far apart, in ms: a little under a second, because timers are late, not early. */
export const MIN_POINT_GAP_MS = 900

/** `points` with `point` at the end, bounded; unchanged (the same array) where it would come too early. */
export function appendPoint(points: readonly RecentPoint[], point: RecentPoint): readonly RecentPoint[] {
  const last = points.at(-1)
  if (last !== undefined && point.atMs < last.atMs) {
    // The wall clock was set back: what was kept lies in the future now and would never be drawn right.
    return [point]
  }
  if (last !== undefined && point.atMs - last.atMs < MIN_POINT_GAP_MS) return points
  return points.length < MAX_RECENT_POINTS
    ? [...points, point]
    : [...points.slice(points.length - MAX_RECENT_POINTS + 1), point]
}

/** The points inside the last `windowMs`, and the one before it, so that the drawing reaches the left edge. */
export function inWindow(
  points: readonly RecentPoint[],
  nowMs: number,
  windowMs: number
): readonly RecentPoint[] {
  const from = points.findIndex((point) => point.atMs >= nowMs - windowMs)
  if (from < 0) return []
  return points.slice(Math.max(0, from - 1))
}
