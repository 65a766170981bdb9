import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import type { Result } from '../../../shared/util/result.ts'
import type { LaunchPlan } from './adapter.ts'
import type { ExitStatus } from './exit-words.ts'

/** A container of ours, as it is written down for the next core. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  readonly id: string
  /** Of the engine that made it. */
  readonly socket: string
}

/** How a container ended, as its engine says it. */
export interface ContainerEnd {
  readonly status: ExitStatus
  /** 'was killed (137)'; goes on as the words for a process's end do. */
  readonly words: string
}

/**
 * A container whose output is being copied to its log. It lives on without us: disposing ends only the copying, which
 * the next core takes up again. Nothing here throws or waits for ever.
 */
export interface LiveContainer extends Disposable {
  readonly record: ContainerRecord
  /** The engine's stop: its stop signal, and SIGKILL after the grace. */
  stop(graceMs: number, abort: AbortSignal): Promise<void>
  /** How it ended, once all of its output is written; null where the engine does not say so in time. */
  end(abort: AbortSignal): Promise<ContainerEnd | null>
  /** Removes it once all of its output is written; why that failed, in words, or null. */
  remove(): Promise<string | null>
}

/** What the supervisor wants of container engines. */
export interface Containers {
  /** The command line that would do the same, for people. */
  commandLine(id: string, plan: LaunchPlan): readonly string[]
  /**
   * Makes and starts a container: its image is pulled first where it is missing. Settles with its first process there
   * (`pid` as this machine numbers it), or with nothing left behind.
   */
  start(order: {
    readonly id: string
    readonly mark: string
    readonly plan: LaunchPlan
    readonly logPath: string
    readonly abort: AbortSignal
    /** Told while something long goes on: 'Pulling IMAGE: 1.2 of 20 GiB.' */
    readonly onPhase: (words: string) => void
  }): Promise<Result<{ readonly container: LiveContainer; readonly pid: number }, ContractError>>
  /** One that an earlier core started; its output since then (wall clock) is copied, too. */
  attach(record: ContainerRecord, logPath: string, sinceMs: number | null): LiveContainer
}
