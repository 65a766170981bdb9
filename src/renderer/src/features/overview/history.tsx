import { memo, useState, type ReactNode } from 'react'
import { drawnStepMs } from '../../../../shared/domain/history/decimate.ts'
import { graphData, type GraphData } from '../../charts/graph-data.ts'
import { LiveGraph } from '../../charts/live-graph.tsx'
import { graphMarks, type GraphMark } from '../../charts/marks.ts'
import { bytesWords } from '../../format/bytes.ts'
import { usePanel, usePanelStores } from '../../stores/context.ts'
import { allActs } from '../../stores/guard-acts.ts'

const WINDOWS = [1, 5, 15] as const
type WindowMinutes = (typeof WINDOWS)[number]

interface Drawn {
  readonly key: string
  readonly data: GraphData
  readonly marks: readonly GraphMark[]
}

/** What the graph draws, anew only when a step has passed: in less, not a pixel of it would change. */
function useDrawn(windowMs: number): Drawn {
  const panel = usePanelStores()
  const step = usePanel('recent', ({ points }) =>
    Math.floor((points.at(-1)?.atMs ?? 0) / drawnStepMs(windowMs))
  )
  const ofModels = usePanel('runners', (state) => state.acts)
  const ofGuard = usePanel('guard', (state) => state.acts)
  const acts = allActs(ofModels, ofGuard)
  const key = `${windowMs} ${step} ${acts.map(({ id, kind, atMs }) => `${id} ${kind} ${atMs}`).join()}`
  const draw = (): Drawn => {
    const { series, points } = panel.recent.getState()
    const data = graphData([...series.values()], points, windowMs)
    return { key, data, marks: graphMarks(acts, data.fromMs, data.toMs) }
  }
  const [drawn, setDrawn] = useState(draw)
  if (drawn.key === key) return drawn
  const fresh = draw()
  setDrawn(fresh)
  return fresh
}

/** The stacked graph of the last minutes, with a switch and a summary for those who do not see it. */
export function History(): ReactNode {
  const [minutes, setMinutes] = useState<WindowMinutes>(5)
  const [pointed, setPointed] = useState(false)
  const hues = usePanel('live', (state) => state.hues)
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const reserveBytes = usePanel('live', (state) => state.live?.guard.reserveBytes ?? 0)
  const { data, marks } = useDrawn(minutes * 60_000)
  const lowest = data.points.reduce(
    (low, point) => Math.min(low, point.memAvailableBytes ?? low),
    memTotalBytes
  )
  return (
    <section className="card history live-data" aria-label="Memory over time">
      <div className="card-head">
        <h2>
          Memory over time <span className="muted small">GiB</span>
        </h2>
        <p className="small muted num">lowest available {bytesWords(lowest)}</p>
        <div className="switch" role="radiogroup" aria-label="Time shown">
          {WINDOWS.map((one) => (
            <label key={one} className={one === minutes ? 'on' : ''}>
              <input
                type="radio"
                name="window"
                className="hidden-visually"
                checked={one === minutes}
                onChange={() => setMinutes(one)}
              />
              {one} min
            </label>
          ))}
        </div>
      </div>
      <div
        className="history-graph"
        aria-hidden="true"
        onPointerEnter={() => setPointed(true)}
        onPointerLeave={() => setPointed(false)}
      >
        <LiveGraph
          data={data}
          memTotalBytes={memTotalBytes}
          reserveBytes={reserveBytes}
          hues={hues}
          marks={marks}
          pointed={pointed}
        />
      </div>
      <div className="history-axis small muted num" aria-hidden="true">
        <span>{minutes} min ago</span>
        <span>{minutes === 1 ? '30 s' : `${minutes / 2} min`}</span>
        <span>now</span>
      </div>
      <Summary data={data} minutes={minutes} />
    </section>
  )
}

/** Start, end and peak of each band as a table: the graph for screen readers. */
const Summary = memo(function Summary({
  data,
  minutes
}: {
  readonly data: GraphData
  readonly minutes: number
}): ReactNode {
  const first = data.points[0]
  const last = data.points.at(-1)
  if (first === undefined || last === undefined) return null
  return (
    // A table cannot be made smaller than its text, so it is hidden in something that can.
    <div className="hidden-visually">
      <table>
        <caption>Memory over the last {minutes} minutes</caption>
        <thead>
          <tr>
            <th scope="col">Holder</th>
            <th scope="col">Then</th>
            <th scope="col">Peak</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {data.bands.map((band, at) => (
            <tr key={band.id}>
              <th scope="row">{band.label}</th>
              <td>{bytesWords(first[`b${at}`] ?? 0)}</td>
              <td>{bytesWords(Math.max(...data.points.map((point) => point[`b${at}`] ?? 0)))}</td>
              <td>{bytesWords(last[`b${at}`] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
})
