import type { Estimate } from '../../model/estimate.ts'
import { between, partOf } from './part.ts'
import { totalOf } from './total.ts'

/** Of something of which only a floor is known: that it takes several times as much is usual. */
const PEAK_TIMES = 3

/**
 * A floor is known that is no file's size, and nothing above it: the interval is wide and confidence says so. What it
 * does not hold when it counts as ready is growth: nothing of it is there yet.
 */
export function unknownAbove(floorBytes: number, label: string, why: string): Estimate {
  const parts = [partOf('compute-host', label, between(floorBytes, floorBytes, PEAK_TIMES * floorBytes), why)]
  return {
    parts,
    total: totalOf(parts),
    growthBytes: 0,
    source: 'formula',
    confidence: 'unknown',
    notes: [why],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
