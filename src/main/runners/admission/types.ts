import type { ContractError } from '../../../shared/contract/errors.ts'
import type { AdmissionStatus, Estimate } from '../../../shared/model/estimate.ts'
import type { Profile, RunnerView } from '../../../shared/model/runner.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import type { Result } from '../../../shared/util/result.ts'
import type { Clock, Logger } from '../../platform/ports.ts'

export interface AdmissionPorts {
  readonly clock: Clock
  readonly logger: Logger
  /** MemAvailable + free pages in per-CPU lists, read now; 0: it cannot be read. */
  availableBytes(): number
  /** Kept clear for the desktop. */
  reserveBytes(): number
  memTotalBytes(): number
  /** Of what a launch will take. */
  estimate(profile: Profile): Promise<{ readonly estimate: Estimate }>
  /** The GPU has memory of its own: what models take there is not taken from the memory counted here. */
  isDiscrete(): boolean
  /** Whether what the GPU holds is known now, be it that there is no GPU. */
  isGpuKnown(): boolean
  /** As it was launched, whatever its profile says since; null: there is none of that id. */
  profileOf(id: string): Profile | null
  /** Why nothing may be launched now, in words; null: it may. */
  hold(): string | null
}

/** What a start is to do where it does not fit now. */
export interface LaunchWish {
  /** Waits until there is room. */
  readonly waits: boolean
  /** As typed by the user, to start it although it does not fit; null: nothing was typed. */
  readonly phrase: string | null
}

export interface LaunchTicket {
  /** What it waits for, in words; null: it may be launched now, and what it needs is reserved. */
  readonly waitsFor: string | null
  /** Worth telling of what is admitted; null: it fits, peak and all. `whatToDo` null: for its log alone. */
  readonly note: { readonly text: string; readonly whatToDo: string | null } | null
  /** Settles when it may be launched, or with why it may not be any more. Never rejects. */
  readonly turn: Promise<Result<void, ContractError>>
  /**
   * Its name was typed while it waits: it keeps its place, and starts although it does not fit. False where the phrase
   * is not its name, or where something else is to be launched by now.
   */
  insist(wanted: Profile, phrase: string): boolean
  /** It is not wanted any more, or its launch failed. */
  release(): void
}

/**
 * The reservations in front of every launch. Asked by UI, command line and restarts alike, it decides without a wait
 * between looking and reserving, so that no two launches are promised the same memory.
 */
export interface Admission extends Disposable {
  /** Settles within the estimate's deadline. */
  ask(
    profile: Profile,
    wish: LaunchWish,
    onWords: (words: string) => void
  ): Promise<Result<LaunchTicket, ContractError>>
  update(runners: readonly RunnerView[]): void
  /** `availableBytes`: of the snapshot that it is shown beside; read now where absent. */
  status(availableBytes?: number): AdmissionStatus
  /** What a launch may take now; of that one, where it runs or waits, nothing is counted against itself. */
  allocatableBytes(exceptId: string | null): number
}
