import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Installation, Profile, RunnerKind } from '../../../shared/model/runner.ts'
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

/** taken: `by` is 'python3 (pid 123)' or another runner. forbidden: the kernel keeps it for root. */
export type PortState =
  { readonly kind: 'free' } | { readonly kind: 'taken'; readonly by: string } | { readonly kind: 'forbidden' }

export interface PlanContext {
  readonly settings: Settings
  /** First free loopback port from `from` on. */
  firstFreePort(from: number): Promise<number>
  /** Whether a server may listen on this loopback port; a free one is promised to this launch. */
  portState(port: number): Promise<PortState>
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
  /** Which program would be launched where a profile names none, and what to do where there is none. */
  installed(context: Pick<PlanContext, 'settings' | 'env'>): Promise<Omit<Installation, 'kind'>>
  /** Where a server with this command line listens; null where that cannot be told from it. */
  addressOf(commandLine: readonly string[]): { readonly port: number; readonly url: string } | null
  /** Must settle within `timeoutMs`, never throws. */
  probe(url: string, timeoutMs: number): Promise<Readiness>
  /** Why it ended, in words, from its last log lines; null when they say nothing. */
  explainExit(logTail: string): string | null
  /** Where scripts and editors expect this runner; a launch without a port takes the first free one from here. */
  readonly defaultPort: number
}
