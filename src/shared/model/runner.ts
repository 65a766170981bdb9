import type { Importance } from './importance.ts'
import type { Reading } from './reading.ts'

/** Runner kinds that have an adapter; the folder in src/main/runners/adapters has the same name. */
export const RUNNER_KINDS = [
  'llamacpp',
  'vllm',
  'trtllm',
  'sglang',
  'ollama',
  'lmstudio',
  'comfyui',
  'nim',
  'open-webui',
  'jupyterlab',
  'finetune',
  'custom'
] as const
export type RunnerKind = (typeof RUNNER_KINDS)[number]

/**
 * waiting: for its turn or for memory, nothing is spawned yet.
 * stopped → starting (spawned) → loading (alive, not ready) → ready → stopping → stopped.
 * failed: ended by itself or never became ready. restarting: failed, will be tried again within its budget.
 * lost: was ours, gone while nobody watched.
 */
export const RUNNER_STATES = [
  'stopped',
  'waiting',
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

/** One value of a kind's settings; a list is argv items or lines. */
export type SettingValue = number | string | boolean | readonly string[]
/** Settings of a kind that is described by fields (runner-specs.ts): keys and types are those of the fields. */
export type FieldSettings = Readonly<Record<string, SettingValue>>

/** A folder of this machine inside a container. */
export interface Mount {
  /** Absolute, or beginning with '~/'. */
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
}

/** How a profile runs in a container; the command inside is the adapter's. */
export interface ContainerSettings {
  /** With its tag or digest. */
  readonly image: string
  /** All GPUs of the machine, or none. */
  readonly gpus: boolean
  /** Of /dev/shm; 0 = the engine's own default of 64 MiB. */
  readonly shmMiB: number
  /** Shares the host's IPC namespace, as PyTorch's loaders want it. */
  readonly hostIpc: boolean
  readonly mounts: readonly Mount[]
  /** 'NAME=value', one each; secrets are redacted wherever they are shown. */
  readonly env: readonly string[]
}

interface AnyProfile {
  readonly id: string
  readonly label: string
  /** Path, repository or tag of what it loads; empty for a kind that loads nothing by itself. */
  readonly modelPath: string
  /** Restart after a crash, within the budget; never after SIGKILL (the kernel or a guard had a reason). */
  readonly restartOnCrash: boolean
  /** What the guard thinks of when it must choose whom to stop. */
  readonly importance: Importance
  /** The guard never stops it. */
  readonly pinned: boolean
  /** While it runs, the floor of this machine is this instead; null = the settings' floor. */
  readonly floorBytes: number | null
  /** Listens on every address of this machine instead of 127.0.0.1 alone. */
  readonly lan: boolean
  /** Null: a program of this machine. */
  readonly container: ContainerSettings | null
}

export interface LlamaCppProfile extends AnyProfile {
  readonly kind: 'llamacpp'
  readonly settings: LlamaCppSettings
}
export interface FieldProfile extends AnyProfile {
  readonly kind: Exclude<RunnerKind, 'llamacpp'>
  readonly settings: FieldSettings
}

/** What can be started: kept in a file of its own under the config folder. */
export type Profile = LlamaCppProfile | FieldProfile

/** The program of one kind of runner on this machine. */
export interface Installation {
  readonly kind: RunnerKind
  /** What a profile that names no program of its own would launch; null where there is none. */
  readonly path: string | null
  /** Why there is none and what to do about it; null when all is well. */
  readonly problem: string | null
}

/** One of the vendor's steps to install a runner. */
export interface SetUpStep {
  readonly text: string
  /** argv; null: something to do by hand. */
  readonly command: readonly string[] | null
  readonly needsRoot: boolean
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

/** What a runner that is ready does, from its own metrics; 'unknown' where it does not say. */
export interface RunnerActivity {
  readonly busy: boolean | 'unknown'
  readonly requestsRunning: Reading
  readonly requestsWaiting: Reading
  /** Generated tokens per second: now while busy, of the last request at rest. 'unknown' before the first token. */
  readonly tokensPerS: Reading
  /** Since when it has had nothing to do, wall clock; null while busy or not known. */
  readonly idleSinceMs: number | null
}

/** How far a job with steps is: fine-tuning. */
export interface TrainingProgress {
  readonly step: Reading
  readonly totalSteps: Reading
  readonly epoch: Reading
  readonly loss: Reading
  readonly secondsLeft: Reading
  /** A checkpoint that a later start can go on from; null: none yet. */
  readonly lastCheckpoint: string | null
}

/** One model inside a runner that holds several: llama.cpp's router, Ollama, LM Studio. */
export interface HeldModel {
  readonly name: string
  readonly state: 'loaded' | 'loading' | 'unloaded' | 'sleeping'
  /** As the runner itself says it. */
  readonly bytes: Reading
}

/** Whether a runner can give memory back without ending, and whether that gives anything back on this machine. */
export interface FreeOffer {
  readonly frees: boolean
  /** It frees that runner's own memory alone, and the next request brings it back: the guard may ask by itself. */
  readonly byItself: boolean
  /** What it does, or why it would give nothing back here. */
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
  /** Where it runs in a container: that one's id. */
  readonly containerId: string | null
  /** Null unless ready. */
  readonly activity: RunnerActivity | null
  /** Ready, but does not do its work: why that is believed, in words. Null: nothing says so. */
  readonly stuck: string | null
  readonly training: TrainingProgress | null
  /** Null for a kind that holds at most one. */
  readonly models: readonly HeldModel[] | null
  /** Null for a kind that cannot, or while not ready. */
  readonly free: FreeOffer | null
}

/** A runner that Firebreak did not start. */
export interface FoundRunner {
  readonly pid: number
  readonly startTicks: number
  readonly kind: RunnerKind
  readonly label: string
  /** As its command line says; null where that says none. */
  readonly model: string | null
  readonly port: number | null
  readonly url: string | null
  readonly pids: readonly number[]
  readonly bytes: RunnerBytes
  readonly startedBy: 'terminal' | 'systemd' | 'container' | 'other'
  /** Unit or container name. */
  readonly startedByName: string | null
  readonly containerId: string | null
  /** Secrets redacted. */
  readonly commandLine: readonly string[]
  /** Why it cannot be adopted or stopped by this user; null: it can. */
  readonly problem: string | null
}
