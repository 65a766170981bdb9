import type { ContractError } from '../../shared/contract/errors.ts'
import type { GuardAnswer, GuardEvent, GuardView, SentinelStatus } from '../../shared/model/guard.ts'
import type { GuardStatus } from '../../shared/model/status.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'
import type { Watch, WatchStatus } from '../sentinel/protocol.ts'

/** What the drill adds to and reads from the view; made by its own room. */
export type GuardViewBase = Omit<GuardView, 'lastDrill' | 'drillRunning'>

/** A second set of thresholds and victims, guarded beside the main one: the fire drill's. */
export interface ExtraWatch extends Disposable {
  /** Newest state of this watch as the sentinel tells it; null before the first. */
  status(): WatchStatus | null
}

/** The core's part of the guard: arms the sentinel, asks the user, tells what was done. It sends no signal itself. */
export interface Guard extends Disposable {
  view(): GuardViewBase
  /** Levels and reasons for each tick's `Live`. */
  status(): GuardStatus
  sentinel(): SentinelStatus
  answer(watchId: string, victimId: string, choice: GuardAnswer): Result<void, ContractError>
  /** True while new launches wait because memory is short; the text says why. */
  launchHold(): string | null
  watch(watch: Watch): ExtraWatch
  /** Something of `view` changed. */
  onChange(listener: () => void): Disposable
  /** Every event once, in order, of all watches. */
  onEvent(listener: (event: GuardEvent) => void): Disposable
}
