import type { ReactNode } from 'react'
import type { GuardEvent } from '../../../../shared/model/guard.ts'
import { clockText, whenText } from '../../format/duration.ts'
import { INCIDENT_WORDS, eventWords } from '../../format/guard.ts'
import { causesOf } from '../../../../shared/model/would-have.ts'
import { usePanel } from '../../stores/context.ts'
import { DRILL_WATCH } from '../../stores/guard-acts.ts'
import { Icon } from '../../ui/icons.tsx'

/** Last acts shown; the incident has them all. */
const MAX_EVENTS = 6
const NOTHING: readonly never[] = []

/** What was: the last acts, and the incidents with their whole story. */
export function Incidents(): ReactNode {
  const incidents = usePanel('guard', (state) => state.incidents)
  const open = usePanel('guard', (state) => state.open)
  const now = usePanel('live', (state) => Math.floor((state.live?.atMs ?? 0) / 60_000) * 60_000)
  return (
    <section className="card" aria-labelledby="incidents-title">
      <div className="card-head">
        <h2 id="incidents-title">What happened</h2>
      </div>
      {incidents.length === 0 ? (
        <p className="empty">
          <strong>No incidents</strong>When the guard acts, or the machine goes down, the last minutes are
          kept here with their graph.
        </p>
      ) : (
        <ul className="incident-list">
          {incidents.map(({ id, title, text, kind, atMs }) => (
            <li key={id}>
              <button
                type="button"
                className="row-button incident-row"
                data-incident={id}
                onClick={() => void open(id)}
              >
                <span className={`incident-kind ${kind}`}>
                  <Icon
                    name={kind === 'acted' ? 'guard' : kind === 'would-have-acted' ? 'info' : 'error'}
                    size={18}
                  />
                </span>
                <span className="incident-words">
                  <span className="ellipsis incident-title" title={title}>
                    {title}
                  </span>
                  <span className="ellipsis small muted" title={text}>
                    {text}
                  </span>
                </span>
                <span className="small muted num incident-when">
                  <span>{whenText(atMs, now)}</span>
                  <span>{INCIDENT_WORDS[kind]}</span>
                </span>
                <Icon name="chevron" size={12} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <LastActs />
    </section>
  )
}

function LastActs(): ReactNode {
  const events = usePanel('guard', (state) => state.view?.lastEvents ?? NOTHING)
  const shown = events.filter(({ watchId }) => watchId !== DRILL_WATCH).slice(0, MAX_EVENTS)
  if (shown.length === 0) return null
  return (
    <div className="last-acts">
      <h3 className="small muted">Last acts</h3>
      <Events events={shown} />
    </div>
  )
}

/** Events with their time of day and the first reason, in the order given. */
export function Events({ events }: { readonly events: readonly GuardEvent[] }): ReactNode {
  return (
    <ol className="events">
      {events.map((event) => (
        <li key={`${event.watchId} ${event.sequence} ${event.atMs}`}>
          <time className="num muted">{clockText(event.atMs)}</time>
          <span>
            {eventWords(event)}
            <Causes event={event} />
          </span>
        </li>
      ))}
    </ol>
  )
}

function Causes({ event }: { readonly event: GuardEvent }): ReactNode {
  const causes = causesOf(event.reasons)
  return causes.length === 0 ? null : <span className="muted"> · {causes.join(' ')}</span>
}
