import type { Estimate } from '../../model/estimate.ts'
import { between, partOf } from './part.ts'
import { totalOf } from './total.ts'

/** Of something of which only a floor is known: that it takes several times as much is usual. */
const PEAK_TIMES = 3

/**
 * A floor is known that is no file's size, and nothing above it: the interval is wide and confidence says so.
 * `growthBytes` of it come after it counts as ready.
 */
export function unknownAbove(floorBytes: number, label: string, why: string, growthBytes = 0): Estimate {
  const parts = [partOf('compute-host', label, between(floorBytes, floorBytes, PEAK_TIMES * floorBytes), why)]
  return {
    parts,
    total: totalOf(parts),
    growthBytes,
    source: 'formula',
    confidence: 'unknown',
    notes: [why],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
