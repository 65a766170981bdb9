import { useState, type ReactNode } from 'react'
import type { DrillReport, GuardEvent } from '../../../../shared/model/guard.ts'
import { CurveGraph } from '../../charts/curve-graph.tsx'
import { whenText } from '../../format/duration.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { DRILL_WATCH } from '../../stores/guard-acts.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { DrillReportView } from './drill-report.tsx'

/** Older reports shown beneath the newest. */
const MAX_OLDER = 8
const NOTHING: readonly never[] = []

/** Proof on this very machine that the guard works: one button, then what happened, dated. */
export function Drill(): ReactNode {
  const running = usePanel('guard', (state) => (state.view?.drillRunning ?? false) || state.busy.has('drill'))
  const last = usePanel('guard', (state) => state.view?.lastDrill ?? null)
  const drills = usePanel('guard', (state) => state.drills ?? NOTHING)
  const error = usePanel('guard', (state) => state.errors.get('drill'))
  const drill = usePanel('guard', (state) => state.drill)
  const isOff = usePanel('guard', (state) => state.view?.sentinel.state !== 'guarding')
  const connected = usePanel('app', (state) => state.link === 'connected')
  const older = drills.filter((one) => one.id !== last?.id).slice(0, MAX_OLDER)
  const off = running || !connected || isOff
  return (
    <section className="card" aria-labelledby="drill-title">
      <div className="card-head">
        <h2 id="drill-title">Fire drill</h2>
        <button
          type="button"
          className={`button ${last === null ? 'primary' : ''}`}
          aria-disabled={off}
          title={isOff ? 'The watcher must be guarding first' : undefined}
          onClick={() => !off && void drill()}
        >
          <Icon name="guard" size={14} />
          <span>{running ? 'Drill under way' : last === null ? 'Start a fire drill' : 'Drill again'}</span>
        </button>
      </div>
      <div className="card-body drill">
        {error !== undefined && <Message tone="error" {...told(error)} />}
        {running ? (
          <Running />
        ) : last === null ? (
          <p className="muted">
            A small program of Firebreak’s own takes memory step by step inside a safe bound. The guard must
            warn, pause and stop it. It needs no model and no GPU, and takes less than a minute.
          </p>
        ) : (
          <DrillReportView report={last} />
        )}
        {!running && older.length > 0 && <Older reports={older} />}
      </div>
    </section>
  )
}

const STAGES: readonly { readonly label: string; readonly kinds: readonly GuardEvent['kind'][] }[] = [
  { label: 'Warned', kinds: ['warn'] },
  { label: 'Paused', kinds: ['freeze'] },
  { label: 'Stopped', kinds: ['terminate', 'kill'] }
]

/** Shown at least this much, in s, so that the first seconds are not drawn as wide as the plot. */
const LEAST_SPAN_S = 20

function Running(): ReactNode {
  const sinceMs = usePanel('guard', (state) => state.drillSinceMs)
  const points = usePanel('recent', (state) => state.points)
  const events = usePanel('guard', (state) => state.view?.lastEvents ?? NOTHING)
  const fromMs = sinceMs ?? points.at(-1)?.atMs ?? 0
  const atS = (atMs: number): number => (atMs - fromMs) / 1000
  const own = events.filter(({ watchId, atMs }) => watchId === DRILL_WATCH && atMs >= fromMs)
  const measured = points.filter((point) => point.atMs >= fromMs)
  const marks = STAGES.flatMap(({ kinds, label }) => {
    const event = own.findLast(({ kind }) => kinds.includes(kind))
    return event === undefined ? [] : [{ atS: atS(event.atMs), label }]
  })
  return (
    <>
      <ol className="drill-stages" aria-label="How far the drill is" aria-live="polite">
        {STAGES.map(({ kinds, label }) => {
          const done = own.some(({ kind }) => kinds.includes(kind))
          return (
            <li key={label} className={done ? 'done' : ''}>
              <Icon name={done ? 'check' : 'chevron'} size={14} />
              {done ? label : `${label}: not yet`}
            </li>
          )
        })}
      </ol>
      <div className="curve" aria-hidden="true">
        <CurveGraph
          points={measured.map((point) => ({
            atS: atS(point.atMs),
            availableBytes: point.memAvailableBytes
          }))}
          fromS={0}
          toS={Math.max(LEAST_SPAN_S, atS(measured.at(-1)?.atMs ?? 0))}
          marks={marks}
        />
      </div>
      <p className="small muted">Available memory in GiB. Your models and programs are not touched.</p>
    </>
  )
}

function Older({ reports }: { readonly reports: readonly DrillReport[] }): ReactNode {
  const now = usePanel('live', (state) => Math.floor((state.live?.atMs ?? 0) / 60_000) * 60_000)
  const [opened, setOpened] = useState<string | null>(null)
  return (
    <div>
      <h3 className="small muted older-title">Earlier drills</h3>
      <ul className="older">
        {reports.map((report) => (
          <li key={report.id}>
            <button
              type="button"
              className="row-button"
              aria-expanded={opened === report.id}
              onClick={() => setOpened(opened === report.id ? null : report.id)}
            >
              <span className={report.passed ? 'good' : 'bad'}>
                <Icon name={report.passed ? 'check' : 'warning'} size={14} />
              </span>
              <span>{report.passed ? 'Passed' : 'Failed'}</span>
              <span className="muted num">{whenText(report.atMs, now)}</span>
              <Icon name="chevron" size={12} />
            </button>
            {opened === report.id && <DrillReportView report={report} />}
          </li>
        ))}
      </ul>
    </div>
  )
}
