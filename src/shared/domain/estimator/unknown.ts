import type { Estimate } from '../../model/estimate.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { totalOf } from './total.ts'

/** Caches and scratch beside weights of which nothing else is known: usually a quarter, seldom as much again. */
const EXPECTED_SHARE = 1.25
const PEAK_SHARE = 2
/** A runtime of its own: CUDA, Python. */
const PEAK_BESIDE_BYTES = 4 * 2 ** 30

/** A wide interval that says that it knows little; without a size to begin with it has no parts. */
export function unknownEstimate(why: string, atLeastBytes = 0): Estimate {
  const parts =
    atLeastBytes > 0
      ? [
          {
            id: 'weights-device' as const,
            label: 'Model, at least',
            lowBytes: atLeastBytes,
            expectedBytes: Math.round(atLeastBytes * EXPECTED_SHARE),
            peakBytes: Math.round(atLeastBytes * PEAK_SHARE + PEAK_BESIDE_BYTES),
            why: `Its files hold ${bytesInWords(atLeastBytes)}; what it takes beside them is a guess.`
          }
        ]
      : []
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
