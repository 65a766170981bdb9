import type { ContractError } from '../../../shared/contract/errors.ts'
import type {
  FreeOffer,
  HeldModel,
  Installation,
  Mount,
  Profile,
  RunnerActivity,
  RunnerKind,
  SetUpStep
} from '../../../shared/model/runner.ts'
import type { Settings } from '../../../shared/settings/schema.ts'
import type { Result } from '../../../shared/util/result.ts'

/** The container around a command. `file` and `args` of the plan are what runs in it; an empty file is the image's own. */
export interface ContainerPlan {
  readonly image: string
  readonly gpus: boolean
  /** 0 = the engine's default. */
  readonly shmBytes: number
  readonly hostIpc: boolean
  readonly mounts: readonly Mount[]
  /** Inside; the plan's `port` is the one of this machine. */
  readonly containerPort: number
  /** On which address of this machine the port is published. */
  readonly hostAddress: '127.0.0.1' | '0.0.0.0'
}

/** How to launch: argv and environment, never a shell. */
export interface LaunchPlan {
  readonly file: string
  readonly args: readonly string[]
  /** Null: a program of this machine. */
  readonly container: ContainerPlan | null
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
  /** Only the command is wanted, to be shown: a program or model that this machine lacks is no reason to refuse. */
  readonly isPreview?: boolean
}

/** loading: alive, not ready yet. ready: answered. no-answer: nothing there (yet). */
export type Readiness = 'ready' | 'loading' | 'no-answer'

/** What a command line of a running process says. */
export interface Recognised {
  /** Path, repository or tag; null where the command line says none. */
  readonly model: string | null
  readonly port: number | null
  readonly url: string | null
}

/** Whether it did a piece of real work when asked. */
export type Proof =
  | { readonly works: true; readonly text: string }
  /** Why not, in words: answers 200 but makes nothing, answers an error. */
  | { readonly works: false; readonly text: string }

/** What can be done with the models inside a runner that holds several. */
export interface ModelOperations {
  /** null: no answer. */
  list(url: string, timeoutMs: number): Promise<readonly HeldModel[] | null>
  /** Settles when it is loaded, refused, or `timeoutMs` passed. */
  load(url: string, model: string, timeoutMs: number): Promise<Result<void, ContractError>>
  unload(url: string, model: string, timeoutMs: number): Promise<Result<void, ContractError>>
}

/** Giving memory back without ending. */
export interface FreeOperation extends FreeOffer {
  /** Launched without this option it always refuses. */
  readonly needsOption?: string
  free(url: string, timeoutMs: number): Promise<Result<void, ContractError>>
}

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
  /** A process of this kind by its command line, whoever started it; null: it is none. */
  recognise(commandLine: readonly string[]): Recognised | null
  /**
   * Asks for a token or another real piece of work; asked once it says it is ready, and again when it seems stuck.
   * Settles within `timeoutMs`, never throws.
   */
  prove(url: string, timeoutMs: number, profile: Profile): Promise<Proof>
  /** What it does now, from its own metrics; null where it has none or does not answer. Never throws. */
  activity(url: string, timeoutMs: number): Promise<Omit<RunnerActivity, 'idleSinceMs'> | null>
  /** How much is loaded as its log says, 0 to 1; null where it does not. */
  loadedShare(logTail: string): number | null
  /** Null: it has no way to give memory back but to end. */
  readonly free: FreeOperation | null
  /** Null: it holds at most one model. */
  readonly models: ModelOperations | null
  /** The vendor's steps to install it on this machine. */
  readonly setUp: readonly SetUpStep[]
  /** Where scripts and editors expect this runner; a launch without a port takes the first free one from here. */
  readonly defaultPort: number
}
