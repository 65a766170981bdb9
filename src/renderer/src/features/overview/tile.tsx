import { memo, type ReactNode } from 'react'
import type { Shown } from '../../format/reading.ts'

export interface TileProps {
  readonly label: string
  readonly known: boolean
  /** The figure; where it is not known, the words in its place. */
  readonly value: string
  readonly unit?: string
  readonly hint?: string
  readonly title?: string
  readonly urgent?: boolean
  /** 0..100 in whole steps, drawn as a thin meter. */
  readonly meterPct?: number
  readonly children?: ReactNode
}

/** One figure of the machine. Plain properties only, so that one that did not change is not drawn again. */
export const Tile = memo(function Tile(props: TileProps): ReactNode {
  const { label, known, value, unit = '', hint = '', title, urgent = false, meterPct, children } = props
  return (
    <div className={`tile ${urgent ? 'urgent' : ''}`} title={title}>
      <dt>
        <span className="ellipsis">{label}</span>
        {children}
      </dt>
      {known ? (
        <dd className="num">
          <b>{value}</b>
          {unit !== '' && ` ${unit}`}
          {hint !== '' && <span className="tile-hint">{hint}</span>}
        </dd>
      ) : (
        <dd className="tile-unknown">{value}</dd>
      )}
      {meterPct !== undefined && (
        <div className="tile-meter" aria-hidden="true">
          <i style={{ transform: `scaleX(${Math.min(100, meterPct) / 100})` }} />
        </div>
      )}
    </div>
  )
})

/** A reading as a tile takes it. */
export const asFigure = (figure: Shown): Pick<TileProps, 'known' | 'value' | 'unit'> =>
  figure.known
    ? { known: true, value: figure.value, unit: figure.unit }
    : { known: false, value: figure.words }
