import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerView } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'

/** What a start is to do where it does not fit now. */
export interface StartWish {
  /** Waits until there is room. */
  readonly waits: boolean
  /** As typed by the user, to start it although it does not fit; null: nothing was typed. */
  readonly phrase: string | null
}

/** A start by itself, or by who can answer no question. */
export const PLAIN_WISH: StartWish = { waits: false, phrase: null }

/** Worth telling of a launch that is admitted. */
export interface AdmissionNote {
  readonly text: string
  /** Null: for its log alone. */
  readonly whatToDo: string | null
}

/** A launch that is admitted, or waits to be. */
export interface Ticket {
  /** What it waits for, in words; null: it may be launched now, and what it needs is reserved. */
  readonly waitsFor: string | null
  /** Null: it fits, peak and all. */
  readonly note: AdmissionNote | null
  /** Settles when it may be launched, or with why it may not be any more. Never rejects. */
  readonly turn: Promise<Result<void, ContractError>>
  /** Its name was typed while it waits: it keeps its place. False: not its name, or another launch than it waits for. */
  insist(wanted: Profile, phrase: string): boolean
  /** It is not wanted any more, or its launch failed: what was reserved for it is free again. */
  release(): void
}

/** The reservations in front of every launch. */
export interface AdmissionPort {
  /** Settles within a deadline; `onWords`: it waits for something else now. */
  ask(
    profile: Profile,
    wish: StartWish,
    onWords: (words: string) => void
  ): Promise<Result<Ticket, ContractError>>
  /** All runners as they are now: what they have taken, who is ready, who is gone. */
  update(runners: readonly RunnerView[]): void
}
