import type { Estimate, EstimatePart, Interval, Measured } from '../../../shared/model/estimate.ts'
import type { MeasuredRun } from './store.ts'

const OTHER_LABEL = 'Other memory of the program'
const OTHER_WHY = 'The rest of what it was measured to hold on this machine.'

/** What was measured, and how far the estimate was off. */
export function measuredOf(run: MeasuredRun, { total }: Pick<Estimate, 'total'>): Measured {
  const { restingBytes, peakBytes, runs, lastAtMs } = run
  const errorPct = restingBytes > 0 ? (100 * (total.expectedBytes - restingBytes)) / restingBytes : 0
  return { restingBytes, peakBytes, runs, lastAtMs, errorPct }
}

/** What is known of the profile beside its estimate. */
export interface MeasuredContext {
  /** It takes no less, however sure the formula is of the rest: what its files hold. */
  readonly leastBytes: number
  /** It counts as ready before it has loaded anything. */
  readonly isReadyFirst: boolean
}

/**
 * The estimate with what was measured in place of what was computed.
 *
 * Never below what is known: not below the least the formula allows where the formula is sure, and never a peak below
 * the one that was seen. What has not been claimed in any run yet may still be claimed; of one that is ready before it
 * loads, that is all it takes.
 */
export function applyMeasured(estimate: Estimate, run: MeasuredRun, context: MeasuredContext): Estimate {
  const { total, growthBytes, confidence, notes } = estimate
  const { leastBytes, isReadyFirst } = context
  const least = Math.max(leastBytes, confidence === 'unknown' ? 0 : total.lowBytes)
  const expectedBytes = Math.max(run.restingBytes, least)
  const grown = Math.min(total.peakBytes, expectedBytes + growthBytes)
  const peakBytes = Math.max(run.peakBytes, expectedBytes, grown)
  const target = { lowBytes: Math.min(total.lowBytes, expectedBytes), expectedBytes, peakBytes }
  const parts = partsFor(estimate.parts, target)
  return {
    ...estimate,
    parts,
    total: target,
    growthBytes: isReadyFirst ? expectedBytes : Math.min(growthBytes, peakBytes - expectedBytes),
    source: 'measured',
    confidence: 'good',
    notes: [`Measured in ${run.runs} ${run.runs === 1 ? 'run' : 'runs'} on this machine.`, ...notes]
  }
}

/** Parts that add up to the target: what is sure stays, the rest gives or takes. */
function partsFor(parts: readonly EstimatePart[], target: Interval): readonly EstimatePart[] {
  const staying = parts.filter(({ id }) => id !== 'load-transient')
  const transient = parts.filter(({ id }) => id === 'load-transient')
  const sum = (of: (part: EstimatePart) => number): number =>
    staying.reduce((total, part) => total + of(part), 0)
  const low = sum((part) => part.lowBytes)
  const expected = sum((part) => part.expectedBytes)
  const slack = expected - low
  // At or below 0 all of the slack is gone; what is missing beyond it is other memory.
  const share = slack > 0 ? Math.min(1, Math.max(0, (target.expectedBytes - low) / slack)) : 0
  const shrunk = staying.map((part) => {
    const bytes = part.lowBytes + share * (part.expectedBytes - part.lowBytes)
    return { ...part, lowBytes: Math.min(part.lowBytes, bytes), expectedBytes: bytes }
  })
  const other = Math.max(
    0,
    target.expectedBytes - shrunk.reduce((total, part) => total + part.expectedBytes, 0)
  )
  const whole = withOther(shrunk, other)
  const room = target.peakBytes - target.expectedBytes
  const above = whole.reduce((total, part) => total + Math.max(0, part.peakBytes - part.expectedBytes), 0)
  const scale = above > 0 ? Math.min(1, room / above) : 0
  const peaked = whole.map((part) => ({
    ...part,
    peakBytes: part.expectedBytes + scale * Math.max(0, part.peakBytes - part.expectedBytes)
  }))
  const missing = room - above * scale
  const last = missing > 0 ? withOther(peaked, 0, missing) : peaked
  return [...last, ...transient.map((part) => ({ ...part, peakBytes: Math.min(part.peakBytes, room) }))].map(
    inWholeBytes
  )
}

/** Bytes are whole. */
const inWholeBytes = (part: EstimatePart): EstimatePart => ({
  ...part,
  lowBytes: Math.round(part.lowBytes),
  expectedBytes: Math.round(part.expectedBytes),
  peakBytes: Math.round(part.peakBytes)
})

function withOther(
  parts: readonly EstimatePart[],
  bytes: number,
  atPeak: number = 0
): readonly EstimatePart[] {
  if (bytes <= 0 && atPeak <= 0) return parts
  const known = parts.find(({ id }) => id === 'context')
  const part: EstimatePart = {
    id: 'context',
    label: known?.label ?? OTHER_LABEL,
    lowBytes: (known?.lowBytes ?? 0) + bytes,
    expectedBytes: (known?.expectedBytes ?? 0) + bytes,
    peakBytes: (known?.peakBytes ?? 0) + bytes + atPeak,
    why: OTHER_WHY
  }
  return known === undefined ? [...parts, part] : parts.map((one) => (one === known ? part : one))
}
