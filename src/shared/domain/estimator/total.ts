import type { EstimatePart, Interval } from '../../model/estimate.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** All parts together, by the rule of Estimate.total: what loading holds for a while is given back before caches grow. */
export function totalOf(parts: readonly EstimatePart[]): Interval {
  const staying = parts.filter(({ id }) => id !== 'load-transient')
  const expectedBytes = sum(staying.map((part) => part.expectedBytes))
  const transientBytes = sum(parts.filter(({ id }) => id === 'load-transient').map((part) => part.peakBytes))
  return {
    lowBytes: sum(staying.map((part) => part.lowBytes)),
    expectedBytes,
    peakBytes: Math.max(sum(staying.map((part) => part.peakBytes)), expectedBytes + transientBytes)
  }
}
