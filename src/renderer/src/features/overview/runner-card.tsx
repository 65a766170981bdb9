import { memo, useState, type CSSProperties, type ReactNode } from 'react'
import { ACTIVE_STATES, type RunnerView } from '../../../../shared/model/runner.ts'
import { told } from '../../format/next-step.ts'
import { bytesText } from '../../format/bytes.ts'
import { KIND_NAMES, loadProgress, stateWord } from '../../format/runner.ts'
import { largestHolder } from '../../format/sentence.ts'
import { usePanel } from '../../stores/context.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { holderFill } from '../../ui/holder-fill.ts'
import { Icon } from '../../ui/icons.tsx'
import { KindMark } from '../../ui/kind-mark.tsx'
import { Message } from '../../ui/message.tsx'
import { StartStop } from '../../ui/start-stop.tsx'
import { Holds, stopTitle } from './holds.tsx'
import { ActOutcome, Activity, FreeMemory, HeldModels, Stuck, Training } from './runner-extras.tsx'

/** As long as container engines show an id. */
const SHORT_ID = 12

/** One model: its state in words, what it holds, where to reach it, and how to stop it. */
export const RunnerCard = memo(function RunnerCard({ id }: { readonly id: string }): ReactNode {
  const view = usePanel('runners', (state) => state.runners.find((one) => one.id === id))
  const hue = usePanel('live', (state) => state.hues.get(`runner:${id}`))
  const error = usePanel('runners', (state) => state.errors.get(id))
  const dismiss = usePanel('runners', (state) => state.dismissError)
  const [open, setOpen] = useState(false)
  const bytes = usePanel('live', ({ parts }) => parts.find((part) => part.id === `runner:${id}`)?.bytes ?? 0)
  if (view === undefined) return null
  const style = { '--fill': holderFill('runner', hue).fill } as CSSProperties
  const paused = view.frozen && ACTIVE_STATES.includes(view.state)
  const failed = view.state === 'failed' || view.state === 'lost'
  const stuck = view.stuck !== null && view.state === 'ready'
  const isTraining = view.training !== null && view.state === 'ready'
  return (
    <article
      className={`card runner-card live-data ${open ? 'open' : ''}`}
      style={style}
      aria-label={`Model ${view.label}`}
    >
      <header>
        <KindMark kind={view.kind} />
        <h2 className="ellipsis" title={view.label}>
          {view.label}
        </h2>
        <span className={`state-word ${paused ? 'paused' : stuck ? 'stuck' : view.state}`}>
          {paused ? 'Paused' : stuck ? 'Stuck' : isTraining ? 'Training' : stateWord(view.state)}
        </span>
        {!failed && (
          <button
            type="button"
            className="button quiet compact card-fold"
            aria-expanded={open}
            aria-label={`More about ${view.label}`}
            onClick={() => setOpen((before) => !before)}
          >
            <span className="num">{bytesText(bytes)}</span>
            <Icon name="chevron" size={12} />
          </button>
        )}
      </header>
      {failed ? (
        <Message tone="error" text={view.text} />
      ) : (
        <p className="runner-text small muted" title={view.text}>
          {KIND_NAMES[view.kind]} ·{' '}
          {view.containerId !== null && (
            <span className="badge" title={`Container ${view.containerId.slice(0, SHORT_ID)}`}>
              container
            </span>
          )}{' '}
          {view.text}
        </p>
      )}
      {stuck && <Stuck view={view} />}
      {!paused && <LoadBar view={view} />}
      {!failed && view.state !== 'waiting' && <Holds view={view} />}
      {view.state === 'ready' && (
        <div className="runner-more">
          <Activity view={view} />
          <Training view={view} />
          <HeldModels view={view} />
          <FreeMemory view={view} />
        </div>
      )}
      <ActOutcome id={id} />
      {view.state === 'ready' && view.url !== null && (
        <div className="runner-url">
          <span className="mono ellipsis" title={view.url}>
            {view.url}
          </span>
          <CopyButton text={view.url} what={`base URL of ${view.label}`} />
          <a
            className="button quiet compact"
            href={view.url}
            target="_blank"
            rel="noreferrer"
            aria-label={`Open ${view.label}`}
          >
            <Icon name="open" size={14} />
            <span>Open</span>
          </a>
        </div>
      )}
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(id)} />}
      <Actions view={view} />
    </article>
  )
})

function LoadBar({ view }: { readonly view: RunnerView }): ReactNode {
  const progress = loadProgress(view)
  if (progress === null) return null
  const pct = progress.share === null ? null : Math.round(progress.share * 100)
  return (
    <div className="runner-load">
      <progress
        aria-label={`Loading ${view.label}`}
        aria-valuetext={progress.text}
        max={100}
        {...(pct === null ? {} : { value: pct })}
      />
      <p className="small num muted">
        <span>{progress.text}</span>
        {pct !== null && <span>{pct} %</span>}
      </p>
    </div>
  )
}

function Actions({ view }: { readonly view: RunnerView }): ReactNode {
  const start = usePanel('runners', (state) => state.start)
  const stop = usePanel('runners', (state) => state.stop)
  const openLog = usePanel('log', (state) => state.open)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const asked = usePanel('runners', (state) => state.asked.get(view.id))
  // The guard asks the same above, with the same button.
  const isAsked = usePanel('guard', (state) => state.view !== null && state.view.ask !== null)
  const urgent = usePanel('live', (state) => {
    const level = state.live?.guard.level ?? 'calm'
    // Only the one that the headline names: two red buttons would be no advice.
    return level !== 'calm' && level !== 'watch' && largestHolder(state.parts)?.id === `runner:${view.id}`
  })
  const waiting = view.state === 'waiting'
  const active = waiting || ACTIVE_STATES.includes(view.state)
  const stopping = view.state === 'stopping' || asked === 'stop'
  const discrete = usePanel('live', (state) => state.live?.topology === 'discrete')
  return (
    <div className="buttons">
      <StartStop
        active={active}
        stop={{
          className: `button ${urgent && !isAsked ? 'urgent' : ''}`,
          disabled: stopping || !connected,
          label: `${waiting ? 'Cancel' : 'Stop'} ${view.label}`,
          word: waiting ? 'Cancel' : stopping ? 'Stopping' : `Stop ${view.label}`,
          title: waiting ? 'It is not started; nothing is lost' : stopTitle(view, discrete),
          onAct: () => void stop(view.id)
        }}
        start={{
          className: 'button primary',
          disabled: asked === 'start' || !connected,
          label: `Start ${view.label}`,
          word: 'Start again',
          onAct: () => void start({ target: view.id })
        }}
      />
      <button
        type="button"
        className="button quiet"
        onClick={() => void openLog(view.id)}
        aria-label={`Log of ${view.label}`}
      >
        <Icon name="log" size={14} />
        <span>Log</span>
      </button>
    </div>
  )
}
