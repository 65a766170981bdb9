import { useEffect, useState, type ReactNode } from 'react'
import type { HeldModel, RunnerView, TrainingProgress } from '../../../../shared/model/runner.ts'
import { isKnown } from '../../../../shared/model/reading.ts'
import { LossCurve } from '../../charts/loss-curve.tsx'
import { activityFigures, stepText, trainingFigures, trainingShare } from '../../format/activity.ts'
import { bytesText } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Message } from '../../ui/message.tsx'

/** What it does now, from its own metrics. */
export function Activity({ view }: { readonly view: RunnerView }): ReactNode {
  const nowMs = usePanel('live', (state) => state.live?.atMs ?? 0)
  if (view.activity === null) return null
  return <Figures figures={activityFigures(view.activity, nowMs)} />
}

function Figures({
  figures
}: {
  readonly figures: readonly { readonly label: string; readonly text: string }[]
}): ReactNode {
  return (
    <dl className="runner-holds three num">
      {figures.map(({ label, text }) => (
        <div key={label}>
          <dt className="ellipsis">{label}</dt>
          <dd className="ellipsis" title={text}>
            {text}
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Ready, but does not do its work: why, and a way out. */
export function Stuck({ view }: { readonly view: RunnerView }): ReactNode {
  const restart = usePanel('runnerActs', (state) => state.restart)
  const busy = usePanel('runnerActs', (state) => state.busy.get(view.id))
  if (view.stuck === null) return null
  const restarting = busy === 'restart'
  return (
    <Message tone="warning" text={view.stuck}>
      <button
        type="button"
        className="button compact stuck-restart"
        aria-disabled={busy !== undefined}
        aria-label={`Restart ${view.label}`}
        onClick={() => busy === undefined && void restart(view.id)}
      >
        {restarting ? 'Restarting' : 'Restart it'}
      </button>
    </Message>
  )
}

const MODEL_STATES: Readonly<Record<HeldModel['state'], string>> = {
  loaded: 'loaded',
  loading: 'loading',
  unloaded: 'not loaded',
  sleeping: 'asleep'
}

/** The models inside, for a runner that holds several: each is taken in and put out on its own. */
export function HeldModels({ view }: { readonly view: RunnerView }): ReactNode {
  const load = usePanel('runnerActs', (state) => state.loadModel)
  const unload = usePanel('runnerActs', (state) => state.unloadModel)
  const busy = usePanel('runnerActs', (state) => state.busy.get(view.id))
  if (view.models === null) return null
  if (view.models.length === 0) return <p className="small muted">No models inside yet.</p>
  return (
    <ul className="held" aria-label={`Models in ${view.label}`}>
      {view.models.map(({ name, state, bytes }) => {
        const isIn = state !== 'unloaded'
        const isBusy = busy === `load:${name}` || busy === `unload:${name}`
        const off = busy !== undefined || state === 'loading'
        return (
          <li key={name}>
            <span className="ellipsis" title={name}>
              {name}
            </span>
            <span className="small muted num">
              {isIn && isKnown(bytes) ? bytesText(bytes) : MODEL_STATES[state]}
            </span>
            <button
              type="button"
              className="button quiet compact"
              aria-disabled={off}
              aria-label={`${isIn ? 'Unload' : 'Load'} ${name}`}
              title={isIn ? `${MODEL_STATES[state]}; unloading gives its memory back` : undefined}
              onClick={() => {
                if (!off) void (isIn ? unload(view.id, name) : load(view.id, name))
              }}
            >
              {isBusy ? '…' : isIn ? 'Unload' : 'Load'}
            </button>
          </li>
        )
      })}
    </ul>
  )
}

/** Memory back without ending it, where that gives anything back here; else the honest words. */
export function FreeMemory({ view }: { readonly view: RunnerView }): ReactNode {
  const free = usePanel('runnerActs', (state) => state.free)
  const busy = usePanel('runnerActs', (state) => state.busy.get(view.id))
  if (view.free === null) return null
  if (!view.free.frees) {
    return (
      <p className="small muted free-words">
        <b>Only Stop gives memory back.</b> {view.free.text}
      </p>
    )
  }
  return (
    <div className="free-row">
      <p className="small muted">{view.free.text}</p>
      <button
        type="button"
        className="button compact"
        aria-disabled={busy !== undefined}
        aria-label={`Free memory of ${view.label}`}
        onClick={() => busy === undefined && void free(view.id)}
      >
        {busy === 'free' ? 'Freeing' : 'Free memory'}
      </button>
    </div>
  )
}

/** What came of the last thing asked of it. */
export function ActOutcome({ id }: { readonly id: string }): ReactNode {
  const outcome = usePanel('runnerActs', (state) => state.outcomes.get(id))
  const error = usePanel('runnerActs', (state) => state.errors.get(id))
  const dismiss = usePanel('runnerActs', (state) => state.dismiss)
  if (error !== undefined) return <Message tone="error" {...told(error)} onDismiss={() => dismiss(id)} />
  if (outcome === undefined) return null
  return <Message tone="info" text={outcome} onDismiss={() => dismiss(id)} />
}

/** Step, epoch, loss, time left, the curve, and a stop that loses nothing. */
export function Training({ view }: { readonly view: RunnerView }): ReactNode {
  const load = usePanel('training', (state) => state.load)
  const curve = usePanel('training', (state) => state.curves.get(view.id))
  const isTraining = view.training !== null
  const { id } = view
  useEffect(() => {
    if (isTraining) void load(id)
  }, [id, isTraining, load])
  if (view.training === null) return null
  const share = trainingShare(view.training)
  const steps = stepText(view.training)
  return (
    <div className="training">
      <div className="runner-load">
        <progress
          aria-label={`Training ${view.label}`}
          max={100}
          {...(share === null ? {} : { value: share * 100 })}
        />
        <p className="small num muted">
          <span>{steps ?? 'Steps not told yet'}</span>
          {share !== null && <span>{Math.floor(share * 100)} %</span>}
        </p>
      </div>
      <Figures figures={trainingFigures(view.training)} />
      <div className="loss-curve" role="img" aria-label={lossWords(curve?.points)}>
        {curve !== undefined && curve.points.length > 1 ? (
          <LossCurve points={curve.points} />
        ) : (
          <p className="small muted">The loss curve begins with its second point.</p>
        )}
      </div>
      <CheckpointStop view={view} progress={view.training} stop={curve?.checkpointStop ?? null} />
    </div>
  )
}

const lossWords = (points: readonly { readonly loss: number }[] | undefined): string => {
  const first = points?.[0]
  const last = points?.at(-1)
  return first === undefined || last === undefined
    ? 'Loss curve, empty'
    : `Loss curve: from ${first.loss.toFixed(2)} to ${last.loss.toFixed(2)}`
}

function CheckpointStop({
  view,
  progress,
  stop
}: {
  readonly view: RunnerView
  readonly progress: TrainingProgress
  readonly stop: { readonly works: boolean; readonly text: string } | null
}): ReactNode {
  const stopAfter = usePanel('runnerActs', (state) => state.stopAfterCheckpoint)
  const busy = usePanel('runnerActs', (state) => state.busy.get(view.id))
  const [asking, setAsking] = useState(false)
  if (stop === null) return null
  return (
    <div className="free-row">
      <p className="small muted">
        {stop.text}{' '}
        {progress.lastCheckpoint === null ? 'No checkpoint yet.' : `Last: ${progress.lastCheckpoint}.`}
      </p>
      {stop.works && (
        <button
          type="button"
          className="button compact"
          aria-disabled={busy !== undefined}
          aria-label={`Stop ${view.label} after the next checkpoint`}
          onClick={() => busy === undefined && setAsking(true)}
        >
          Stop after next checkpoint
        </button>
      )}
      {asking && (
        <ConfirmDialog
          title={`Stop ${view.label} after the next checkpoint?`}
          text="It goes on until the checkpoint is written, then ends. A later start can go on from there."
          confirm="Stop after the checkpoint"
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false)
            void stopAfter(view.id)
          }}
        />
      )}
    </div>
  )
}
