import type { ReactNode } from 'react'
import { ACTIVE_STATES, type RunnerView } from '../../../../shared/model/runner.ts'
import { bytesText } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import type { FoundModel } from '../../stores/runners.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { MissingPrograms } from '../../ui/missing-programs.tsx'
import { RunnerCard } from './runner-card.tsx'
import { WaitingList } from './waiting-list.tsx'

/** Stopped models offered for one-click start here; the rest is one page away. */
const MAX_OFFERED = 4

const needsAttention = (view: RunnerView): boolean =>
  ACTIVE_STATES.includes(view.state) ||
  view.state === 'waiting' ||
  view.state === 'failed' ||
  view.state === 'lost'

/** What can be started by its path alone. */
const isOffered = ({ format, isPartial }: FoundModel): boolean => format === 'gguf' && !isPartial

/** Running models as cards, the others as one-click rows. */
export function ModelsPanel(): ReactNode {
  const runners = usePanel('runners', (state) => state.runners)
  const found = usePanel('runners', (state) => state.models)
  const installed = usePanel('runners', (state) => state.installed)
  const profiles = usePanel('runners', (state) => state.profiles)
  const go = usePanel('app', (state) => state.go)
  const waiting = usePanel('live', (state) => state.waiting)
  const queued = new Set(waiting.map(({ runnerId }) => runnerId))
  // The newest first: what was started a moment ago is what one looks for, and this order never changes by itself.
  const cards = runners
    .filter((view) => needsAttention(view) && !queued.has(view.id))
    .toSorted((a, b) => (b.startedAtMs ?? Infinity) - (a.startedAtMs ?? Infinity) || 0)
  const offered = runners.filter((view) => !needsAttention(view) && !queued.has(view.id))
  const known = new Set(runners.map((view) => view.modelPath))
  const fresh = runners.length === 0 ? found.filter(isOffered).filter((model) => !known.has(model.path)) : []
  return (
    <>
      <MissingPrograms installed={installed} used={profiles} onSettings={() => go('settings')} />
      <WaitingList waiting={waiting} />
      {cards.map((view) => (
        <RunnerCard key={view.id} id={view.id} />
      ))}
      <section className="card offered" aria-labelledby="offered-title">
        <div className="card-head">
          <h2 id="offered-title">
            {cards.length === 0 ? 'No model started here is running' : 'Ready to start'}
          </h2>
          <button type="button" className="button quiet compact" onClick={() => go('models')}>
            <span>All models</span>
            <Icon name="chevron" size={12} />
          </button>
        </div>
        <ul className="offer-list">
          {offered.slice(0, MAX_OFFERED).map((view) => (
            <Offer
              key={view.id}
              target={view.id}
              label={view.label}
              size={typeof view.modelBytes === 'number' ? bytesText(view.modelBytes) : ''}
              outcome={view.lastStop?.text ?? null}
              outcomeGood={view.lastStop?.memoryIsBack ?? true}
            />
          ))}
          {fresh.slice(0, MAX_OFFERED).map((model) => (
            <Offer
              key={model.path}
              target={model.path}
              label={model.label}
              size={bytesText(model.sizeBytes)}
              outcome={null}
              outcomeGood
            />
          ))}
        </ul>
        {offered.length === 0 && fresh.length === 0 && <Nothing running={cards.length > 0} />}
      </section>
    </>
  )
}

function Nothing({ running }: { readonly running: boolean }): ReactNode {
  const searched = usePanel('runners', (state) => state.searched)
  if (running) return <p className="empty">Every model you have set up is running.</p>
  return (
    <div className="empty">
      <strong>No models found yet</strong>
      {searched.length > 0 && <>Firebreak looked in {searched.join(', ')}. </>}
      Put a GGUF file there, add a folder in Settings, or take a playbook on the Models page: it fetches its
      model.
    </div>
  )
}

interface OfferProps {
  readonly target: string
  readonly label: string
  readonly size: string
  readonly outcome: string | null
  readonly outcomeGood: boolean
}

function Offer({ target, label, size, outcome, outcomeGood }: OfferProps): ReactNode {
  const start = usePanel('runners', (state) => state.start)
  const dismiss = usePanel('runners', (state) => state.dismissError)
  const error = usePanel('runners', (state) => state.errors.get(target))
  const starting = usePanel('runners', (state) => state.asked.get(target) === 'start')
  const connected = usePanel('app', (state) => state.link === 'connected')
  return (
    <li className="offer">
      <div className="offer-words">
        <p className="ellipsis" title={label}>
          {label}
        </p>
        {outcome !== null ? (
          <p className={`small ${outcomeGood ? 'muted' : 'bad'}`} aria-live="polite">
            {outcome}
          </p>
        ) : (
          <p className="small muted num">{size}</p>
        )}
      </div>
      <button
        type="button"
        className="button compact"
        aria-disabled={starting || !connected}
        aria-label={`Start ${label}`}
        onClick={(event) => event.detail < 2 && !starting && connected && void start({ target })}
      >
        <Icon name="play" size={12} />
        <span>{starting ? 'Starting' : 'Start'}</span>
      </button>
      {error !== undefined && <Message tone="error" {...told(error)} onDismiss={() => dismiss(target)} />}
    </li>
  )
}
