import { useEffect, useRef, type CSSProperties, type ReactNode } from 'react'
import type { Incident } from '../../../../shared/model/guard.ts'
import { CurveGraph, LINE_DASHES } from '../../charts/curve-graph.tsx'
import type { CurvePoint } from '../../charts/curve.ts'
import { clockText, whenText } from '../../format/duration.ts'
import { INCIDENT_WORDS } from '../../format/guard.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { Events } from './incidents.tsx'
import { incidentCurve } from './incident-curve.ts'
import { StartAgain } from './start-again.tsx'

/** One incident in the place of the page: what, why, what came back, with the graph. */
export function IncidentDetail({ id }: { readonly id: string }): ReactNode {
  const summary = usePanel('guard', (state) => state.incidents.find((one) => one.id === id))
  const incident = usePanel('guard', (state) => state.opened)
  const error = usePanel('guard', (state) => state.errors.get('incident'))
  const close = usePanel('guard', (state) => state.close)
  const now = usePanel('live', (state) => Math.floor((state.live?.atMs ?? 0) / 60_000) * 60_000)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  const known = incident ?? summary
  const runnerId = known?.runnerId ?? null
  const back = (): void => {
    close()
    // The list is there again in the next frame; its row has the focus then, as before.
    requestAnimationFrame(() => {
      const row = document.querySelector(`[data-incident="${CSS.escape(id)}"]`)
      if (row instanceof HTMLElement) row.focus()
    })
  }
  return (
    <div className="page guard incident">
      <header className="page-head">
        <button type="button" className="button quiet" onClick={back}>
          <span className="turned">
            <Icon name="chevron" size={14} />
          </span>
          <span>Guard</span>
        </button>
        <h1 tabIndex={-1} ref={heading} className="incident-heading">
          {known?.title ?? 'Incident'}
        </h1>
        {runnerId !== null && <StartAgain runnerId={runnerId} />}
      </header>
      {error !== undefined && <Message tone="error" {...told(error)} />}
      {known !== undefined && (
        <section className="card" aria-label="What happened">
          <div className="card-body incident-text">
            <p className="small muted num">
              {INCIDENT_WORDS[known.kind]} · {whenText(known.atMs, now)}
            </p>
            <p>{known.text}</p>
          </div>
        </section>
      )}
      {incident !== null && incident.curve.length > 1 && <Curve incident={incident} />}
      {incident !== null && incident.events.length > 0 && (
        <section className="card" aria-labelledby="events-title">
          <div className="card-head">
            <h2 id="events-title">Step by step</h2>
          </div>
          <div className="card-body">
            <Events events={incident.events} />
          </div>
        </section>
      )}
    </div>
  )
}

function Curve({ incident }: { readonly incident: Incident }): ReactNode {
  const { points, lines, marks, fromMs, toMs, floorBytes } = incidentCurve(incident)
  return (
    <section className="card" aria-labelledby="curve-title">
      <div className="card-head">
        <h2 id="curve-title">
          Memory around it <span className="muted small">GiB</span>
        </h2>
      </div>
      <div className="card-body">
        <div className="curve tall" aria-hidden="true">
          <CurveGraph
            points={points as readonly CurvePoint[]}
            fromS={0}
            toS={(toMs - fromMs) / 1000}
            lines={lines}
            floorBytes={floorBytes}
            marks={marks}
          />
        </div>
        <p className="curve-axis small muted num" aria-hidden="true">
          <span>{clockText(fromMs)}</span>
          <span>{clockText((fromMs + toMs) / 2)}</span>
          <span>{clockText(toMs)}</span>
        </p>
        <ul className="curve-legend small">
          <li>
            <svg width="26" height="10" aria-hidden="true">
              <rect width="26" height="10" fill="var(--kind-desktop)" fillOpacity="0.28" />
              <path d="M0 1h26" stroke="var(--ink)" strokeWidth="2" />
            </svg>
            Available
          </li>
          {lines.map((line, at) => (
            <li key={line.label} style={{ '--fill': `var(--hue-${line.hue})` } as CSSProperties}>
              <svg width="26" height="10" aria-hidden="true">
                <path
                  d="M0 5h26"
                  stroke="var(--fill)"
                  strokeWidth="2.5"
                  strokeDasharray={LINE_DASHES[at % LINE_DASHES.length]}
                />
              </svg>
              <span className="ellipsis" title={line.label}>
                {line.label}
              </span>
            </li>
          ))}
        </ul>
        <LowPoint incident={incident} />
      </div>
    </section>
  )
}

/** The graph for those who do not see it. */
function LowPoint({ incident }: { readonly incident: Incident }): ReactNode {
  const lowest = incident.curve.reduce((low, one) => (one.availableBytes < low.availableBytes ? one : low))
  const gib = (lowest.availableBytes / 2 ** 30).toFixed(1)
  return (
    <p className="small muted num curve-low">
      Lowest available: {gib}&nbsp;GiB at {clockText(lowest.atMs)}
    </p>
  )
}
