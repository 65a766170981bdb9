import type { Importance } from './importance.ts'
import type { Reading } from './reading.ts'

/** Runner kinds that have an adapter; the folder in src/main/runners/adapters has the same name. */
export const RUNNER_KINDS = ['llamacpp'] as const
export type RunnerKind = (typeof RUNNER_KINDS)[number]

/**
 * stopped → starting (spawned) → loading (alive, not ready) → ready → stopping → stopped.
 * failed: ended by itself or never became ready. restarting: failed, will be tried again within its budget.
 * lost: was ours, gone while nobody watched.
 */
export const RUNNER_STATES = [
  'stopped',
  'starting',
  'loading',
  'ready',
  'stopping',
  'failed',
  'restarting',
  'lost'
] as const
export type RunnerState = (typeof RUNNER_STATES)[number]

/** States in which processes of the runner may exist. */
export const ACTIVE_STATES: readonly RunnerState[] = [
  'starting',
  'loading',
  'ready',
  'stopping',
  'restarting'
]

export interface LlamaCppSettings {
  /** Tokens of context; 0 = what the model was trained with. */
  readonly contextTokens: number
  /** 0 = first free port from the default. */
  readonly port: number
  /** Layers on the GPU; -1 = all. */
  readonly gpuLayers: number
  readonly parallelSlots: number
  /** Host prompt cache in MiB (--cache-ram). llama.cpp's own default is 8192, too much on a shared memory. */
  readonly promptCacheMiB: number
  /** Checkpoints per slot (--ctx-checkpoints). */
  readonly contextCheckpoints: number
  /** Empty = search PATH and the usual folders. */
  readonly binary: string
  /** Appended as they are, one argv item each. */
  readonly extraArgs: readonly string[]
}

/** What can be started: kept in a file of its own under the config folder. */
export interface Profile {
  readonly id: string
  readonly label: string
  readonly kind: RunnerKind
  readonly modelPath: string
  readonly settings: LlamaCppSettings
  /** Restart after a crash, within the budget; never after SIGKILL (the kernel or a guard had a reason). */
  readonly restartOnCrash: boolean
  /** What the guard thinks of when it must choose whom to stop. */
  readonly importance: Importance
  /** The guard never stops it. */
  readonly pinned: boolean
  /** While it runs, the floor of this machine is this instead; null = the settings' floor. */
  readonly floorBytes: number | null
}

/** The program of one kind of runner on this machine. */
export interface Installation {
  readonly kind: RunnerKind
  /** What a profile that names no program of its own would launch; null where there is none. */
  readonly path: string | null
  /** Why there is none and what to do about it; null when all is well. */
  readonly problem: string | null
}

export interface RunnerBytes {
  readonly gpuBytes: number
  /** RssAnon + RssShmem of the whole tree. */
  readonly hostBytes: number
  /** Mapped file pages, reclaimable, not counted as the runner's. */
  readonly fileBytes: number
}

export interface LeftBehind {
  readonly pid: number
  readonly name: string
  readonly bytes: number
}

/** Proof that memory came back: see 'Memory is back' in docs/guard.md. */
export interface StopResult {
  readonly bytesReturned: number
  readonly bytesExpected: number
  readonly seconds: number
  readonly left: readonly LeftBehind[]
  readonly memoryIsBack: boolean
  /** One sentence for people. */
  readonly text: string
}

/** A profile with what is known of its process. */
export interface RunnerView {
  readonly id: string
  readonly kind: RunnerKind
  readonly label: string
  readonly modelPath: string
  readonly state: RunnerState
  /** One sentence for people: what it does, or why it failed and what to do. */
  readonly text: string
  /** Its processes are stopped where they stand, by the guard or by hand: it keeps its memory and answers nobody. */
  readonly frozen: boolean
  readonly pids: readonly number[]
  readonly port: number | null
  readonly url: string | null
  readonly startedAtMs: number | null
  readonly readyAtMs: number | null
  /** While loading: bytes in memory against the size of the model's file. */
  readonly loadedBytes: Reading
  readonly modelBytes: Reading
  readonly bytes: RunnerBytes
  readonly lastStop: StopResult | null
  /** The argv as launched, secrets redacted. */
  readonly commandLine: readonly string[]
  readonly restarts: number
}
