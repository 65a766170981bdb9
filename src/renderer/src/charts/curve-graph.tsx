import { memo, type ReactNode } from 'react'
import { Area, AreaChart, CartesianGrid, ReferenceLine, ResponsiveContainer, XAxis, YAxis } from 'recharts'
import { GIB } from '../format/bytes.ts'
import { scaleAround, type CurvePoint } from './curve.ts'
import { MarkLabel } from './graph-labels.tsx'
import './live-graph.css'

export interface CurveLine {
  readonly label: string
  /** Which hue of the models'; the dashes differ too. */
  readonly hue: number
}

export interface CurveGraphProps {
  readonly points: readonly CurvePoint[]
  readonly fromS: number
  readonly toS: number
  readonly lines?: readonly CurveLine[]
  readonly reserveBytes?: number | undefined
  readonly floorBytes?: number | undefined
  readonly marks: readonly { readonly atS: number; readonly label: string }[]
}

/** Dashes per line, so that they are told apart in grey: none, long, short. */
export const LINE_DASHES = ['', '8 4', '2 4'] as const

/** Right of this share of the plot a mark's label goes to its left. */
const FLIP_SHARE = 0.6
const MARK_ROWS = 3

/** Available memory over a stretch of time that is over or goes on: a drill, an incident. */
export const CurveGraph = memo(function CurveGraph(props: CurveGraphProps): ReactNode {
  const { points, fromS, toS, lines = [], reserveBytes, floorBytes, marks } = props
  const edges = [reserveBytes, floorBytes].flatMap((one) => one ?? [])
  const { low, high, ticks, decimals } = scaleAround([
    ...edges,
    ...points.flatMap((point) => [point.availableBytes, ...lines.map((_, at) => point[`l${at}`] ?? 0)])
  ])
  return (
    <ResponsiveContainer width="100%" height="100%">
      <AreaChart
        data={points as CurvePoint[]}
        margin={{ top: 8, right: 0, bottom: 8, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} fill="var(--free)" stroke="var(--line-firm)" strokeOpacity={0.28} />
        <XAxis dataKey="atS" type="number" domain={[fromS, toS]} hide allowDataOverflow />
        <YAxis
          domain={[low, high]}
          ticks={[...ticks]}
          tickFormatter={(bytes: number) => (bytes / GIB).toFixed(decimals)}
          width={44}
          axisLine={false}
          tickLine={false}
          interval={0}
          tick={{ fill: 'var(--muted)', fontSize: 12 }}
          allowDataOverflow
        />
        <Area
          dataKey="availableBytes"
          type="linear"
          baseValue={low}
          fill="var(--kind-desktop)"
          fillOpacity={0.28}
          stroke="var(--ink)"
          strokeWidth={1.75}
          isAnimationActive={false}
          activeDot={false}
        />
        {lines.map((line, at) => (
          <Area
            key={line.label}
            dataKey={`l${at}`}
            type="linear"
            fill="none"
            stroke={`var(--hue-${line.hue})`}
            strokeWidth={2}
            strokeDasharray={LINE_DASHES[at % LINE_DASHES.length] ?? ''}
            isAnimationActive={false}
            activeDot={false}
          />
        ))}
        {reserveBytes !== undefined && (
          <ReferenceLine
            y={reserveBytes}
            stroke="var(--ink)"
            strokeWidth={1.5}
            label={<EdgeLabel text="reserve" />}
          />
        )}
        {floorBytes !== undefined && (
          <ReferenceLine
            y={floorBytes}
            stroke="var(--emergency)"
            strokeWidth={1.5}
            strokeDasharray="6 3"
            label={<EdgeLabel text="floor" />}
          />
        )}
        {marks.map((mark, at) => (
          <ReferenceLine
            key={`${mark.label}${mark.atS}`}
            x={mark.atS}
            stroke="var(--ink)"
            strokeDasharray="2 3"
            label={
              <MarkLabel
                text={mark.label}
                before={mark.atS - fromS > (toS - fromS) * FLIP_SHARE}
                row={at % MARK_ROWS}
              />
            }
          />
        ))}
      </AreaChart>
    </ResponsiveContainer>
  )
})

/** Above its line, at the left. */
function EdgeLabel({
  text,
  viewBox
}: {
  readonly text: string
  readonly viewBox?: { readonly x?: number; readonly y?: number }
}): ReactNode {
  return (
    <text className="graph-mark" x={(viewBox?.x ?? 0) + 6} y={(viewBox?.y ?? 0) - 4}>
      {text}
    </text>
  )
}
