import type { ReactNode } from 'react'
import { verdictSentence } from '../../../../shared/domain/admission/verdict.ts'
import { takenBytes } from '../../format/available.ts'
import { bytesWords, unbroken } from '../../format/bytes.ts'
import { FIT_WORDS, ceilingWords, claimedOf, intervalWords, sourceWords } from '../../format/fit.ts'
import { usePanel } from '../../stores/context.ts'
import { FitShape } from '../../ui/fit-mark.tsx'
import { Strip } from '../../ui/strip.tsx'
import { WaysOut, type WaysOutActs } from '../../ui/ways-out.tsx'
import { Breakdown } from './breakdown.tsx'
import type { FormFit } from './use-fit.ts'
import './fit-panel.css'

interface FitPanelProps {
  readonly fit: FormFit
  readonly label: string
  /** It runs now: what it holds is in the bar already. */
  readonly running: boolean
  readonly busy: boolean
  /** The context as typed is none: why there is no estimate. */
  readonly isContextBad: boolean
  readonly acts: WaysOutActs
}

/** The machine with this model in it, whether it fits in one sentence, and what to do where it does not. */
export function FitPanel({ fit, label, running, busy, isContextBad, acts }: FitPanelProps): ReactNode {
  const { estimate, view, problem } = fit
  const name = label === '' ? 'This model' : label
  return (
    <section className="fit-panel" aria-label="Will it fit?">
      <MachineWith fit={fit} label={name} running={running} />
      <FitSentence {...{ fit, name, running, isContextBad }} />
      {estimate !== null && estimate.confidence !== 'good' && estimate.notes[0] !== undefined && (
        <p className="small muted">{estimate.notes[0]}</p>
      )}
      {problem !== null && <p className="small muted">{problem.message}</p>}
      {!running && view !== null && (
        <WaysOut options={view.options} busy={busy} then="The figures here are made anew then." acts={acts} />
      )}
      {estimate !== null && estimate.parts.length > 0 && (
        <details className="advanced fit-more">
          <summary>What it is made of</summary>
          <Breakdown estimate={estimate} />
        </details>
      )}
      {estimate !== null && estimate.parts.length > 0 && (
        <div className="small muted">
          <p>{sourceWords(estimate, view)}</p>
          {view !== null && view.ceilingTokensPerS !== null && <p>{ceilingWords(view.ceilingTokensPerS)}</p>}
        </div>
      )}
    </section>
  )
}

function FitSentence({
  fit,
  name,
  running,
  isContextBad
}: {
  readonly fit: FormFit
  readonly name: string
  readonly running: boolean
  readonly isContextBad: boolean
}): ReactNode {
  const { estimate, verdict, allocatableBytes, isReading } = fit
  if (estimate === null) {
    const free = `${bytesWords(allocatableBytes)} free for models.`
    const why = isContextBad
      ? ' Correct the context to see what it takes.'
      : isReading
        ? ' Reading the model’s header…'
        : ''
    return <p className="muted num">{`${free}${why}`}</p>
  }
  if (running) {
    return <p className="muted num">At its next start: {intervalWords(estimate.total)}.</p>
  }
  return (
    <div className="fit-verdict">
      <p className={`fit-badge ${verdict}`}>
        <FitShape verdict={verdict} />
        {FIT_WORDS[verdict]}
      </p>
      <p className="num">
        {unbroken(verdictSentence(name, estimate.total, estimate.confidence, allocatableBytes))}
      </p>
    </div>
  )
}

function MachineWith({
  fit,
  label,
  running
}: {
  readonly fit: FormFit
  readonly label: string
  readonly running: boolean
}): ReactNode {
  const { estimate, allocatableBytes } = fit
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const reserveBytes = usePanel('live', (state) => state.live?.guard.reserveBytes ?? 0)
  const taken = usePanel('live', ({ live }) => takenBytes(live, live?.guard.reserveBytes ?? 0))
  const admission = usePanel('live', (state) => state.live?.admission)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  return (
    <Strip
      memTotalBytes={memTotalBytes}
      reserveBytes={reserveBytes}
      takenBytes={taken}
      parts={parts}
      hues={hues}
      size="medium"
      spokenFor={admission === undefined ? null : claimedOf(admission)}
      ghost={
        estimate === null || running
          ? null
          : {
              label,
              expectedBytes: estimate.total.expectedBytes,
              peakBytes: estimate.total.peakBytes,
              allocatableBytes
            }
      }
    />
  )
}
