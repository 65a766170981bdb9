import type { LedgerKind } from '../../../shared/model/ledger.ts'

export interface Fill {
  /** A CSS colour. */
  readonly fill: string
  /** What can be read on it. */
  readonly ink: string
}

/** The one place that says which colour a holder has: strip, graph, table and cards all ask here. */
export function holderFill(kind: LedgerKind, hue: number | undefined): Fill {
  // Many models in one band have no hue of their own.
  if (kind === 'runner') {
    const name = hue === undefined ? '--kind-process' : `--hue-${hue}`
    return { fill: `var(${name})`, ink: `var(${name}-ink)` }
  }
  if (kind === 'cache' || kind === 'free') return { fill: 'var(--free)', ink: 'var(--ink)' }
  return { fill: `var(--kind-${kind})`, ink: `var(--kind-${kind}-ink)` }
}
