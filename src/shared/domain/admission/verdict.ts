import type { Estimate, Interval, Verdict } from '../../model/estimate.ts'
import { assertNever } from '../../util/assert-never.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'

/** What it takes for certain: as expected, or the least of it where no more than an interval is known. */
export const leastBytes = (total: Interval, confidence: Estimate['confidence']): number =>
  confidence === 'unknown' ? total.lowBytes : total.expectedBytes

/** Whether it fits now. What is not known has no verdict, except where even the least of it is not free. */
export function verdictOf(
  total: Interval,
  confidence: Estimate['confidence'],
  allocatableBytes: number
): Verdict {
  if (leastBytes(total, confidence) > allocatableBytes) return 'does-not-fit'
  if (confidence === 'unknown') return 'unknown'
  return total.peakBytes <= allocatableBytes ? 'fits' : 'tight'
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
      const missing = bytesInWords(leastBytes(total, confidence) - allocatableBytes)
      const what = confidence === 'unknown' ? `needs at least ${bytesInWords(total.lowBytes)}` : needs(total)
      return `${label} ${what}; ${free} are free for models: it is ${missing} short.`
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
