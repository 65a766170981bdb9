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

/** What of the free memory is another's already. */
export interface SpokenFor {
  /** Available beside what is kept for the desktop, as everywhere else that says 'free for models'. */
  readonly freeBytes: number
  readonly promised: readonly Part[]
  /** What running ones may still claim. */
  readonly growing: readonly Part[]
}
interface Part {
  readonly label: string
  readonly bytes: number
  /** What it does: 'is loading'; null where that need not be said. */
  readonly doing: string | null
}

/** More names are no sentence any more. */
const MOST_NAMED = 3

/** '2.1 GiB are free for models, but 2.0 GiB are promised to A, which is loading'. */
function freeInWords(allocatableBytes: number, spoken: SpokenFor | null): string {
  const promised = named(spoken?.promised ?? [])
  const growing = named(spoken?.growing ?? [])
  const said = [
    ...promised.map(({ size, who }) => `${size} are promised to ${who}`),
    ...growing.map(({ size, who }) => `${size} may still be claimed by ${who}`)
  ]
  const free = said.length === 0 || spoken === null ? allocatableBytes : spoken.freeBytes
  const list = [...said.slice(0, -2), said.slice(-2).join(', and ')].join(', ')
  const but = said.length === 0 ? '' : `, but ${list}`
  return `${bytesInWords(Math.max(0, free))} are free for models${but}`
}

function named(parts: readonly Part[]): readonly { readonly size: string; readonly who: string }[] {
  const largest = parts.filter(({ bytes }) => bytes > 0).toSorted((one, other) => other.bytes - one.bytes)
  const rest = largest.slice(MOST_NAMED).reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    ...largest.slice(0, MOST_NAMED).map(({ label, bytes, doing }) => ({
      size: bytesInWords(bytes),
      who: doing === null ? label : `${label}, which ${doing}`
    })),
    ...(rest > 0 ? [{ size: bytesInWords(rest), who: 'others' }] : [])
  ]
}

/** The verdict with its numbers in one sentence: 'Qwen3-32B needs 24.1 GiB, 26.0 GiB at its peak; …'. */
export function verdictSentence(
  label: string,
  total: Interval,
  confidence: Estimate['confidence'],
  allocatableBytes: number,
  spoken: SpokenFor | null = null
): string {
  const verdict = verdictOf(total, confidence, allocatableBytes)
  const free = freeInWords(allocatableBytes, spoken)
  switch (verdict) {
    case 'fits':
      return `${label} ${needs(total)}; ${free}: it fits.`
    case 'tight': {
      const missing = bytesInWords(total.peakBytes - allocatableBytes)
      return `${label} ${needs(total)}; ${free}, so its peak is ${missing} over.`
    }
    case 'does-not-fit': {
      const missing = bytesInWords(leastBytes(total, confidence) - allocatableBytes)
      const what = confidence === 'unknown' ? `needs at least ${bytesInWords(total.lowBytes)}` : needs(total)
      return `${label} ${what}; ${free}: it is ${missing} short.`
    }
    case 'unknown':
      return total.peakBytes > 0
        ? `How much ${label} needs is not known: ${range(total)}; ${free}.`
        : `How much ${label} needs is not known; ${free}.`
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
