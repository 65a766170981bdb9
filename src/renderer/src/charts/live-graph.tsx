import { memo, type ReactNode } from 'react'
import {
  Area,
  AreaChart,
  CartesianGrid,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis
} from 'recharts'
import { GIB, gibTick } from '../format/bytes.ts'
import { holderFill } from '../ui/holder-fill.ts'
import type { GraphData, GraphPoint } from './graph-data.ts'
import { Hover, MarkLabel } from './graph-labels.tsx'
import type { GraphMark } from './marks.ts'
import './live-graph.css'

export interface LiveGraphProps {
  readonly data: GraphData
  readonly memTotalBytes: number
  readonly reserveBytes: number
  readonly hues: ReadonlyMap<string, number>
  readonly marks: readonly GraphMark[]
  /** The pointer is over it: only then is there something to tell, and to pay for. */
  readonly pointed: boolean
}

/** Round steps in GiB; the first that gives at most five lines is taken. */
const TICK_STEPS_GIB = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256]
const MAX_TICKS = 5

/** Right of this share of the plot a mark's label goes to its left. */
const FLIP_SHARE = 0.6

function ticks(memTotalBytes: number): readonly number[] {
  const step = (TICK_STEPS_GIB.find((one) => memTotalBytes / (one * GIB) < MAX_TICKS) ?? 512) * GIB
  return Array.from({ length: Math.floor(memTotalBytes / step) + 1 }, (_, at) => at * step)
}

const fillOf = (kind: GraphData['bands'][number]['kind'], hue: number | undefined): string =>
  kind === 'cache' ? 'url(#graph-cache)' : holderFill(kind, hue).fill

/** The reserve is taken where it is not available; slab that the kernel gives back may stand in it. */
const isTaken = ({ heldBytes, memAvailableBytes }: GraphPoint, edge: number, reserveBytes: number): boolean =>
  heldBytes !== null && heldBytes > edge && memAvailableBytes !== null && memAvailableBytes < reserveBytes

/** The ledger over time, stacked as in the strip, with the firebreak at the top. */
export const LiveGraph = memo(function LiveGraph(props: LiveGraphProps): ReactNode {
  const { data, memTotalBytes, reserveBytes, hues, marks, pointed } = props
  const edge = Math.max(0, memTotalBytes - reserveBytes)
  // What stands inside the firebreak is drawn over its tint, which would make light of it.
  const breached = data.points.some((point) => isTaken(point, edge, reserveBytes))
  // An area belongs to a place, not to a holder: recharts stacks in the order in which areas were mounted.
  const slots = data.bands.map((band, at) => ({ slot: `b${at}` as const, band }))
  return (
    <ResponsiveContainer width="100%" height="100%">
      <AreaChart
        data={data.points as GraphPoint[]}
        margin={{ top: 2, right: 0, bottom: 8, left: 0 }}
        accessibilityLayer={false}
      >
        <defs>
          <pattern
            id="graph-cache"
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="6" height="6" fill="var(--free)" />
            <rect width="2" height="6" fill="var(--hatch)" />
          </pattern>
          <pattern
            id="graph-breach"
            width="8"
            height="8"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="8" height="8" fill="var(--card)" />
            <rect width="5" height="8" fill="var(--emergency)" />
          </pattern>
        </defs>
        <CartesianGrid vertical={false} fill="var(--free)" stroke="var(--line-firm)" strokeOpacity={0.28} />
        <XAxis dataKey="atMs" type="number" domain={[data.fromMs, data.toMs]} hide allowDataOverflow />
        <YAxis
          domain={[0, memTotalBytes]}
          ticks={[...ticks(memTotalBytes)]}
          tickFormatter={gibTick}
          width={34}
          axisLine={false}
          tickLine={false}
          interval={0}
          tick={{ fill: 'var(--muted)', fontSize: 12 }}
          allowDataOverflow
        />
        {slots.map(({ slot, band }) => (
          <Area
            key={slot}
            dataKey={slot}
            stackId="memory"
            type="linear"
            fill={fillOf(band.kind, hues.get(band.id))}
            fillOpacity={1}
            stroke="var(--card)"
            strokeWidth={0.75}
            isAnimationActive={false}
            activeDot={false}
          />
        ))}
        {data.gaps.map((gap) => (
          <ReferenceArea
            key={gap.fromMs}
            x1={gap.fromMs}
            x2={gap.toMs}
            fill="var(--card)"
            fillOpacity={1}
            ifOverflow="hidden"
          />
        ))}
        <ReferenceArea
          y1={edge}
          y2={memTotalBytes}
          fill="var(--card)"
          fillOpacity={0.82}
          ifOverflow="hidden"
        />
        {breached && (
          <Area
            key="breach"
            dataKey={(point: GraphPoint) =>
              point.heldBytes === null
                ? null
                : [edge, isTaken(point, edge, reserveBytes) ? point.heldBytes : edge]
            }
            type="linear"
            fill="url(#graph-breach)"
            fillOpacity={1}
            stroke="none"
            isAnimationActive={false}
            activeDot={false}
            tooltipType="none"
          />
        )}
        <ReferenceLine y={edge} stroke={breached ? 'var(--emergency)' : 'var(--ink)'} strokeWidth={2} />
        {marks.map((mark) => (
          <ReferenceLine
            key={`${mark.label}${mark.atMs}`}
            x={mark.atMs}
            stroke="var(--ink)"
            strokeDasharray="2 3"
            label={
              <MarkLabel
                text={mark.label}
                before={mark.atMs - data.fromMs > (data.toMs - data.fromMs) * FLIP_SHARE}
              />
            }
          />
        ))}
        {pointed && (
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--ink)', strokeWidth: 1 }}
            content={<Hover data={data} hues={hues} />}
          />
        )}
      </AreaChart>
    </ResponsiveContainer>
  )
})
