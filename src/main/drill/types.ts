import type { ContractError } from '../../shared/contract/errors.ts'
import type { DrillReport } from '../../shared/model/guard.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'

/** The fire drill: a process that takes memory in steps inside a safe bound, guarded by the real sentinel. */
export interface Drill extends Disposable {
  /** refused while one runs, while memory is already short, or without a sentinel. */
  run(): Promise<Result<DrillReport, ContractError>>
  readonly running: boolean
  /** Newest first. */
  reports(): readonly DrillReport[]
  /** The running drill as a holder for the ledger. */
  holder(): { readonly id: string; readonly label: string; readonly pids: readonly number[] } | null
  onChange(listener: () => void): Disposable
}
