import type { EstimatePart, EstimatePartId, Interval } from '../../model/estimate.ts'

const atLeastZero = (bytes: number): number => (bytes > 0 && Number.isFinite(bytes) ? Math.round(bytes) : 0)

/** An interval in order: a bound that is no figure is 0, and one on the wrong side moves to the expected value. */
export function between(lowBytes: number, expectedBytes: number, peakBytes: number): Interval {
  const expected = atLeastZero(expectedBytes)
  return {
    lowBytes: Math.min(atLeastZero(lowBytes), expected),
    expectedBytes: expected,
    peakBytes: Math.max(atLeastZero(peakBytes), expected)
  }
}

/** A figure without doubt in it. */
export const exactly = (bytes: number): Interval => between(bytes, bytes, bytes)

/** Beside another interval: each bound with the other's. */
export const plus = (a: Interval, b: Interval): Interval =>
  between(a.lowBytes + b.lowBytes, a.expectedBytes + b.expectedBytes, a.peakBytes + b.peakBytes)

/** One line of an estimate. */
export const partOf = (id: EstimatePartId, label: string, interval: Interval, why: string): EstimatePart => ({
  id,
  label,
  ...interval,
  why
})
