/** One loss that was logged. */
export interface LossPoint {
  readonly step: number
  readonly loss: number
  /** When its line was read, wall clock. */
  readonly atMs: number
}

/** More than a graph has pixels; and 2000 points are 100 KiB on a wire. */
export const MAX_CURVE_POINTS = 2_000
/** Of these neighbours two stay: half the points go when the curve is full. */
const BUCKET = 4

/**
 * Adds a point to a curve. A step that was there already is told anew after a resume: what came from it on is dropped.
 *
 * In place, as a flood of losses would else copy the whole curve for each.
 */
export function addPoint(curve: LossPoint[], point: LossPoint): void {
  for (let last = curve.at(-1); last !== undefined && last.step >= point.step; last = curve.at(-1))
    curve.pop()
  if (curve.length >= MAX_CURVE_POINTS) curve.splice(0, curve.length, ...thinned(curve))
  curve.push(point)
}

/** Half as many points: of each bucket the least and the greatest in their order, so that no peak is smoothed away. */
export function thinned(curve: readonly LossPoint[]): readonly LossPoint[] {
  const kept: LossPoint[] = []
  for (let at = 0; at < curve.length; at += BUCKET) {
    const bucket = curve.slice(at, at + BUCKET)
    const least = bucket.reduce((a, b) => (b.loss < a.loss ? b : a))
    const greatest = bucket.reduce((a, b) => (b.loss > a.loss ? b : a))
    const pair = least.step <= greatest.step ? [least, greatest] : [greatest, least]
    kept.push(...(least === greatest ? [least] : pair))
  }
  return kept
}
