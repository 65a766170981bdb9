import type { CSSProperties, ReactNode } from 'react'
import type { LedgerKind } from '../../../shared/model/ledger.ts'
import { holderFill } from './holder-fill.ts'

/** The little square that ties a name to its band in the strip and the graph. */
export function Swatch({
  kind,
  hue
}: {
  readonly kind: LedgerKind
  readonly hue?: number | undefined
}): ReactNode {
  const style = { '--fill': holderFill(kind, hue).fill } as CSSProperties
  return <i className={`swatch kind-${kind}`} style={style} aria-hidden="true" />
}
