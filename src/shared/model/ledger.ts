/**
 * Kinds in the order in which every bar, graph and table shows them.
 *
 * runner: a model runner Firebreak knows. desktop: shell, browser, session. process: another big process.
 * hugepages: reserved by hugetlb. unattributed: in no field and in no named process; on GB10 the driver's.
 */
export const LEDGER_KINDS = [
  'runner',
  'desktop',
  'process',
  'other',
  'shared',
  'hugepages',
  'kernel',
  'unattributed',
  'cache',
  'free'
] as const
export type LedgerKind = (typeof LEDGER_KINDS)[number]

/** A disjoint part of MemTotal. `bytes` = gpuBytes + hostBytes. */
export interface LedgerPart {
  /** Stable while the holder lives: 'runner:ID', 'process:PID:STARTTICKS', or the kind itself. */
  readonly id: string
  readonly label: string
  readonly kind: LedgerKind
  readonly bytes: number
  readonly gpuBytes: number
  readonly hostBytes: number
  /** Only for parts that are processes. */
  readonly pids?: readonly number[] | undefined
  /** File pages mapped by these processes: counted in 'cache', told here because people look for them. */
  readonly mappedFileBytes?: number | undefined
}

/** Parts are ≥ 0 and add up to memTotalBytes exactly. */
export interface Ledger {
  readonly memTotalBytes: number
  readonly parts: readonly LedgerPart[]
}
