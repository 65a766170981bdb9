import type { ReactNode } from 'react'
import { bytesText } from '../format/bytes.ts'
import { clockText } from '../format/duration.ts'
import { Swatch } from '../ui/swatch.tsx'
import type { GraphData, GraphPoint } from './graph-data.ts'

/** Baseline of a mark's label below the top of the plot, and from one row of labels to the next, in px. */
const MARK_LABEL_Y = 34
const MARK_ROW_PX = 18

interface HoverProps {
  readonly data: GraphData
  readonly hues: ReadonlyMap<string, number>
  /** Given by recharts. */
  readonly active?: boolean
  readonly payload?: readonly { readonly payload?: GraphPoint }[]
}

/** Every band at the moment under the pointer, in the order of the drawing. */
export function Hover({ data, hues, active, payload }: HoverProps): ReactNode {
  const point = payload?.[0]?.payload
  if (active !== true || point === undefined || point.memAvailableBytes === null) return null
  return (
    <div className="graph-hover">
      <p className="num">
        {clockText(point.atMs)} · {bytesText(point.memAvailableBytes)} available
      </p>
      <ul>
        {data.bands
          .map((band, at) => ({ band, bytes: point[`b${at}`] ?? 0 }))
          .filter(({ bytes }) => bytes > 0)
          .toReversed()
          .map(({ band, bytes }) => (
            <li key={band.id}>
              <Swatch kind={band.kind} hue={hues.get(band.id)} />
              <span className="ellipsis">{band.label}</span>
              <span className="num">{bytesText(bytes)}</span>
            </li>
          ))}
      </ul>
    </div>
  )
}

/** Beneath the firebreak's line, with a halo, so that it can be read on any band. */
export function MarkLabel({
  text,
  before,
  row = 0,
  viewBox
}: {
  readonly text: string
  /** Left of its line, where there is no room to the right. */
  readonly before: boolean
  /** Counted from the top; neighbours stand in different rows. */
  readonly row?: number
  readonly viewBox?: { readonly x?: number; readonly y?: number }
}): ReactNode {
  return (
    <text
      className="graph-mark"
      x={(viewBox?.x ?? 0) + (before ? -6 : 6)}
      y={(viewBox?.y ?? 0) + MARK_LABEL_Y + row * MARK_ROW_PX}
      textAnchor={before ? 'end' : 'start'}
    >
      {text}
    </text>
  )
}
