import type { Estimate, Interval, Verdict } from '../../model/estimate.ts'
import { assertNever } from '../../util/assert-never.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'

/** Whether it fits now. What nothing is known of has no verdict, whatever its interval says. */
export function verdictOf(
  total: Interval,
  confidence: Estimate['confidence'],
  allocatableBytes: number
): Verdict {
  if (confidence === 'unknown') return 'unknown'
  if (total.peakBytes <= allocatableBytes) return 'fits'
  return total.expectedBytes <= allocatableBytes ? 'tight' : 'does-not-fit'
}

/** The verdict with its numbers in one sentence: 'Qwen3-32B needs 24.1 GiB, 26.0 GiB at its peak; …'. */
export function verdictSentence(
  label: string,
  total: Interval,
  confidence: Estimate['confidence'],
  allocatableBytes: number
): string {
  const verdict = verdictOf(total, confidence, allocatableBytes)
  const free = bytesInWords(Math.max(0, allocatableBytes))
  switch (verdict) {
    case 'fits':
      return `${label} ${needs(total)}; ${free} are free for models.`
    case 'tight': {
      const missing = bytesInWords(total.peakBytes - allocatableBytes)
      return `${label} ${needs(total)}; ${free} are free for models, so its peak is ${missing} over.`
    }
    case 'does-not-fit': {
      const missing = bytesInWords(total.expectedBytes - allocatableBytes)
      return `${label} ${needs(total)}; ${free} are free for models: it is ${missing} short.`
    }
    case 'unknown':
      return total.peakBytes > 0
        ? `How much ${label} needs is not known: ${range(total)}; ${free} are free for models.`
        : `How much ${label} needs is not known; ${free} are free for models.`
    default:
      return assertNever(verdict)
  }
}

/** One figure where the two read the same. */
function needs({ expectedBytes, peakBytes }: Interval): string {
  const [expected, peak] = [bytesInWords(expectedBytes), bytesInWords(peakBytes)]
  return expected === peak ? `needs ${expected}` : `needs ${expected}, ${peak} at its peak`
}

const range = ({ lowBytes, peakBytes }: Interval): string =>
  lowBytes > 0
    ? `between ${bytesInWords(lowBytes)} and ${bytesInWords(peakBytes)}`
    : `up to ${bytesInWords(peakBytes)}`
