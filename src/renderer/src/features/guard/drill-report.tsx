import type { ReactNode } from 'react'
import type { DrillReport } from '../../../../shared/model/guard.ts'
import { isKnown } from '../../../../shared/model/reading.ts'
import { CurveGraph } from '../../charts/curve-graph.tsx'
import { bytesText } from '../../format/bytes.ts'
import { durationText, whenText } from '../../format/duration.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'

/** One drill: passed or not, in a sentence, with its times and its graph. */
export function DrillReportView({ report }: { readonly report: DrillReport }): ReactNode {
  const now = usePanel('live', (state) => Math.floor((state.live?.atMs ?? 0) / 60_000) * 60_000)
  const { passed, text, atMs, curve, thresholds, sentinel } = report
  const times = [
    ['Warned', report.warnedAtS],
    ['Paused', report.frozenAtS],
    ['Stopped', report.stoppedAtS],
    ['Memory back', report.memoryBackAtS]
  ] as const
  const marks = times.flatMap(([label, atS]) => (atS === null ? [] : [{ atS, label }]))
  return (
    <article className="drill-report" aria-label={`Drill of ${whenText(atMs, now)}`}>
      <p className={`drill-verdict ${passed ? 'good' : 'bad'}`}>
        <Icon name={passed ? 'check' : 'warning'} size={16} />
        <b>{passed ? 'Passed' : 'Failed'}</b>
        <span className="muted num">{whenText(atMs, now)}</span>
      </p>
      <p>{text}</p>
      <dl className="drill-times num">
        {times.map(([label, atS]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{atS === null ? 'did not happen' : `after ${durationText(atS)}`}</dd>
          </div>
        ))}
        <div>
          <dt>Taken</dt>
          <dd>{bytesText(report.takenBytes)}</dd>
        </div>
        <div>
          <dt>Came back</dt>
          <dd>{isKnown(report.returnedBytes) ? bytesText(report.returnedBytes) : 'not measured'}</dd>
        </div>
      </dl>
      {curve.length > 1 && (
        <>
          <div className="curve" aria-hidden="true">
            <CurveGraph
              points={curve}
              fromS={curve[0]?.atS ?? 0}
              toS={curve.at(-1)?.atS ?? 1}
              reserveBytes={thresholds.reserveBytes}
              floorBytes={thresholds.floorBytes}
              marks={marks}
            />
          </div>
          <p className="curve-axis small muted num" aria-hidden="true">
            <span>start</span>
            <span>available memory, GiB</span>
            <span>{durationText(curve.at(-1)?.atS ?? 0)}</span>
          </p>
        </>
      )}
      <p className="small muted">
        The watcher then: {sentinel.rights === 'system' ? 'with system rights' : 'with your user’s rights'},
        memory {sentinel.memoryLocked ? 'locked' : 'not locked'}, priority{' '}
        {sentinel.priorityRaised ? 'raised' : 'not raised'}.
      </p>
    </article>
  )
}
