import type {
  AdmissionStatus,
  Estimate,
  EstimateView,
  Interval,
  Verdict
} from '../../../shared/model/estimate.ts'
import { assertNever } from '../../../shared/util/assert-never.ts'
import { bytesText, bytesWords } from './bytes.ts'

/** A verdict in a word or two; beside its shape, so that no one needs to see colours. */
export const FIT_WORDS: Readonly<Record<Verdict, string>> = {
  fits: 'Fits',
  tight: 'Tight',
  'does-not-fit': 'Does not fit',
  unknown: 'Not known'
}

const FIT_DETAIL: Readonly<Record<Verdict, string>> = {
  fits: 'Even its peak fits into what is free for models now.',
  tight: 'It fits as expected, but its peak does not.',
  'does-not-fit': 'It is larger than what is free for models now.',
  unknown: 'How much it needs is not known.'
}

/** Mark and interval in full, for a title. */
export function fitTitle(size: Pick<Estimate, 'total' | 'confidence'> | null, verdict: Verdict): string {
  if (size === null || size.total.peakBytes === 0) return FIT_DETAIL.unknown
  const rough = size.confidence === 'rough' ? ' A rough figure.' : ''
  return `Expected ${bytesText(size.total.expectedBytes)}, at most ${bytesText(size.total.peakBytes)}.${rough} ${FIT_DETAIL[verdict]}`
}

/** 'about 38 GiB, at most 41 GiB'; one figure where the two read the same; 'not known' where there is none. */
export function intervalWords({ expectedBytes, peakBytes }: Interval): string {
  if (peakBytes <= 0) return 'not known'
  const [expected, peak] = [bytesWords(expectedBytes), bytesWords(peakBytes)]
  return expected === peak ? `about ${expected}` : `about ${expected}, at most ${peak}`
}

/** Below this an error is told as none, in percent. */
const SAME_PCT = 0.5

function errorWords(errorPct: number): string {
  if (Math.abs(errorPct) < SAME_PCT) return 'the formula said the same'
  const pct = `${Math.abs(errorPct).toFixed(Math.abs(errorPct) < 10 ? 1 : 0)} %`
  return `the formula was ${pct} too ${errorPct < 0 ? 'low' : 'high'}`
}

/** Which number is shown, and what the others said. */
export function sourceWords(
  estimate: Pick<Estimate, 'source' | 'confidence'>,
  view: Pick<EstimateView, 'measured' | 'formula'> | null
): string {
  const formula =
    view?.formula === null || view === null ? '' : ` By formula: ${intervalWords(view.formula)}.`
  switch (estimate.source) {
    case 'formula': {
      const how =
        estimate.confidence === 'good'
          ? 'Computed from the model’s own header.'
          : estimate.confidence === 'rough'
            ? 'Computed, with some parts guessed.'
            : 'A guess: this model’s design is not known.'
      return `${how}${measuredWords(view)}`
    }
    case 'planner':
      return `From llama.cpp’s own planner, of the llama-server on this machine.${formula}${measuredWords(view)}`
    case 'measured': {
      if (view === null || view.measured === null) return 'Measured on this machine.'
      const { runs, errorPct } = view.measured
      return `Measured on this machine in ${runs === 1 ? 'one run' : `${runs} runs`}; ${errorWords(errorPct)}.${formula}`
    }
    default:
      return assertNever(estimate.source)
  }
}

function measuredWords(view: Pick<EstimateView, 'measured'> | null): string {
  if (view === null || view.measured === null) return ''
  const { restingBytes, peakBytes, errorPct } = view.measured
  return ` Measured here before: ${bytesText(restingBytes)}, ${bytesText(peakBytes)} at its peak; ${errorWords(errorPct)}.`
}

/** Said to be what it is: nothing runs faster, most run slower. */
export function ceilingWords(tokensPerS: number): string {
  const figure = tokensPerS < 9.95 ? tokensPerS.toFixed(1) : String(Math.round(tokensPerS))
  return `At most ${figure} tokens/s for one user: the memory’s bandwidth allows no more. A ceiling, not a promise.`
}

/** Waiting would not help: it is larger than all that this machine may give to models. */
export const TOO_BIG = {
  word: 'Too big here',
  title: 'Too big for this machine, even when nothing else runs.'
} as const

/** Who has been promised what: 'Spoken for, not taken yet: 50 GiB (gpt-oss-120b 62 GiB, 12 GiB of it taken)'. */
export function spokenForWords({ reservations, reservedBytes }: AdmissionStatus): string {
  const each = reservations
    .filter(({ bytes, takenBytes }) => bytes > takenBytes)
    .map(
      ({ label, bytes, takenBytes }) =>
        `${label} ${bytesWords(bytes)}${takenBytes > 0 ? `, ${bytesWords(takenBytes)} of it taken` : ''}`
    )
  return `Spoken for, not taken yet: ${bytesWords(reservedBytes)}${each.length === 0 ? '' : ` (${each.join('; ')})`}`
}

/** All that a launch may not take although nobody holds it: promised to others, or growth that running ones may claim. */
export function claimedOf(
  admission: AdmissionStatus
): { readonly bytes: number; readonly title: string } | null {
  const { reservedBytes, growthBytes } = admission
  const words = [
    ...(reservedBytes > 0 ? [spokenForWords(admission)] : []),
    ...(growthBytes > 0 ? [`Running models may still grow by ${bytesWords(growthBytes)}`] : [])
  ]
  return words.length === 0 ? null : { bytes: reservedBytes + growthBytes, title: words.join('. ') }
}
