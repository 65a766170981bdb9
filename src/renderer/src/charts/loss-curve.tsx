import { memo, type ReactNode } from 'react'
import { CartesianGrid, Line, LineChart, ResponsiveContainer, XAxis, YAxis } from 'recharts'
import './live-graph.css'

interface LossPoint {
  readonly step: number
  readonly loss: number
}

/** Loss by step, as the job writes it; drawn anew only when a point came. */
export const LossCurve = memo(function LossCurve({
  points
}: {
  readonly points: readonly LossPoint[]
}): ReactNode {
  const tick = { fill: 'var(--muted)', fontSize: 12 }
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart
        data={points as LossPoint[]}
        margin={{ top: 6, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line-firm)" strokeOpacity={0.28} />
        <XAxis
          dataKey="step"
          type="number"
          domain={['dataMin', 'dataMax']}
          height={18}
          axisLine={false}
          tickLine={false}
          tickCount={4}
          tick={tick}
        />
        <YAxis
          domain={['auto', 'auto']}
          width={36}
          axisLine={false}
          tickLine={false}
          tickCount={3}
          tickFormatter={(loss: number) => String(Number(loss.toPrecision(2)))}
          tick={tick}
        />
        <Line
          dataKey="loss"
          type="linear"
          stroke="var(--ink)"
          strokeWidth={1.75}
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  )
})
