import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import type { Settings } from '../../../shared/settings/schema.ts'
import type { Result } from '../../../shared/util/result.ts'

/** How to launch: argv and environment, never a shell. */
export interface LaunchPlan {
  readonly file: string
  readonly args: readonly string[]
  /** Added to the filtered environment. */
  readonly env: Readonly<Record<string, string>>
  readonly port: number
  readonly url: string
  /** Size of what will be loaded, for progress; null where it cannot be known. */
  readonly modelBytes: number | null
}

export interface PlanContext {
  readonly settings: Settings
  /** First free loopback port from `from` on. */
  firstFreePort(from: number): Promise<number>
  /** Who listens on this loopback port: 'python3 (pid 123)', or null when it is free. */
  portOwner(port: number): Promise<string | null>
  /** Value of PATH and HOME to search for binaries. */
  readonly env: NodeJS.ProcessEnv
}

/** loading: alive, not ready yet. ready: answered. no-answer: nothing there (yet). */
export type Readiness = 'ready' | 'loading' | 'no-answer'

/**
 * One runner's knowledge. Lifetime: the supervisor spawns what `plan` says, in a process group of its own whose
 * stdout and stderr go straight to a log file, so it outlives Firebreak; only the supervisor ends it (TERM to the
 * whole tree, then KILL). If Firebreak crashes, the next start takes it back by pid + start time. The adapter
 * keeps no state of its own.
 */
export interface RunnerAdapter {
  readonly kind: RunnerKind
  /** Checks everything that can be checked before launch, so that a bad input fails here with what to do. */
  plan(profile: Profile, context: PlanContext): Promise<Result<LaunchPlan, ContractError>>
  /** Must settle within `timeoutMs`, never throws. */
  probe(url: string, timeoutMs: number): Promise<Readiness>
  /** Why it ended, in words, from its last log lines; null when they say nothing. */
  explainExit(logTail: string): string | null
  /** True for a line that tells that loading goes on (counts as progress). */
  readonly defaultPort: number
}
