import type { ReactNode } from 'react'
import { bytesText } from '../../format/bytes.ts'
import { FIT_WORDS, TOO_BIG, fitTitle } from '../../format/fit.ts'
import { usePanel } from '../../stores/context.ts'
import { fitOf, type Size } from '../../stores/estimates.ts'
import { FitMark } from '../../ui/fit-mark.tsx'

/** A figure as far as it is one: what is only bounded says so. */
function figureOf({ total, confidence }: Size): string {
  if (confidence !== 'unknown') return bytesText(total.expectedBytes)
  return total.peakBytes > 0 ? `≤ ${bytesText(total.peakBytes)}` : '–'
}

/** Nothing better is known than the bound: no size, or one that leaves no room for its weights. */
const isBelow = (size: Size | null | undefined, atLeastBytes: number): boolean =>
  atLeastBytes > 0 &&
  (size === null ||
    size === undefined ||
    size.confidence === 'unknown' ||
    size.total.expectedBytes < atLeastBytes)

/**
 * Whether it fits now, as memory changes. Only the verdict is followed, not the figures it is made from: a tick that
 * changes none draws nothing.
 */
export function FitCell({
  size,
  atLeastBytes = 0,
  runningId = null
}: {
  /** Undefined: not read yet. Null: it cannot be told. */
  readonly size: Size | null | undefined
  /** It cannot take less, whatever else is known of it: its weights. */
  readonly atLeastBytes?: number
  /** It runs: there is nothing to decide, and what it holds is a fact. */
  readonly runningId?: string | null
}): ReactNode {
  const held = usePanel('live', ({ parts }) =>
    runningId === null ? null : (parts.find(({ id }) => id === `runner:${runningId}`)?.bytes ?? 0)
  )
  const isBound = isBelow(size, atLeastBytes)
  const verdict = usePanel('live', ({ live }) => {
    const free = live?.admission.allocatableBytes ?? null
    if (!isBound) return fitOf(size, free)
    return free !== null && atLeastBytes > free ? 'does-not-fit' : 'unknown'
  })
  const isTooBig = usePanel(
    'live',
    ({ live }) =>
      live !== null &&
      verdict === 'does-not-fit' &&
      (isBound ? atLeastBytes : (size?.total.expectedBytes ?? 0)) >
        live.memTotalBytes - live.guard.reserveBytes
  )
  if (held !== null) {
    const expected =
      size === null || size === undefined || size.confidence === 'unknown'
        ? ''
        : ` Expected ${bytesText(size.total.expectedBytes)}, at most ${bytesText(size.total.peakBytes)}.`
    return (
      <FitMark
        verdict={null}
        figure={bytesText(held)}
        word="held now"
        title={`It runs and holds ${bytesText(held)}.${expected}`}
      />
    )
  }
  if (isBound) {
    return (
      <FitMark
        verdict={verdict}
        figure={`≥ ${bytesText(atLeastBytes)}`}
        word={isTooBig ? TOO_BIG.word : FIT_WORDS[verdict]}
        title={isTooBig ? TOO_BIG.title : `Its weights alone are ${bytesText(atLeastBytes)}.`}
      />
    )
  }
  if (size === undefined) {
    return <FitMark verdict={null} figure="…" word="Reading" title="Its size is being read." />
  }
  return (
    <FitMark
      verdict={verdict}
      figure={size === null ? '–' : figureOf(size)}
      word={isTooBig ? TOO_BIG.word : FIT_WORDS[verdict]}
      title={isTooBig ? TOO_BIG.title : fitTitle(size, verdict)}
    />
  )
}
