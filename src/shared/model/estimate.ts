import type { SettingValue } from './runner.ts'

/** Parts of an estimate, in the order they are shown. */
export const ESTIMATE_PARTS = [
  'weights-device',
  'weights-host',
  'kv',
  'recurrent',
  'compute-device',
  'compute-host',
  'output',
  'prompt-cache',
  'checkpoints',
  'mmproj',
  'draft',
  'context',
  'load-transient'
] as const
export type EstimatePartId = (typeof ESTIMATE_PARTS)[number]

/** Bytes: at least, as expected at work, and at most. */
export interface Interval {
  readonly lowBytes: number
  readonly expectedBytes: number
  readonly peakBytes: number
}

export interface EstimatePart extends Interval {
  readonly id: EstimatePartId
  /** For people. */
  readonly label: string
  /** One sentence: what it is and where the figure comes from. */
  readonly why: string
}

/** formula: computed from the files. planner: llama.cpp's own, of the user's build. measured: seen on this machine. */
export type EstimateSource = 'formula' | 'planner' | 'measured'

/** How much memory something will take, before it is started. */
export interface Estimate {
  readonly parts: readonly EstimatePart[]
  /**
   * low and expected are the sums of the parts without load-transient; peak is the larger of everything at its peak
   * without load-transient, and the expected sum with load-transient's peak: the one is given back before the other.
   */
  readonly total: Interval
  /** Of the peak, what is claimed only after it is ready, little by little: caches, checkpoints, pools not yet touched. */
  readonly growthBytes: number
  readonly source: EstimateSource
  /** good: formulas known for this model. rough: some part is a guess. unknown: an interval wide enough to say so. */
  readonly confidence: 'good' | 'rough' | 'unknown'
  /** Sentences for people: what was assumed. */
  readonly notes: readonly string[]
  /** What one more token of context costs; null where nothing is allocated by it. */
  readonly bytesPerContextToken: number | null
  /** Weights read for one generated token: all, or with experts the active ones; null where none are generated. */
  readonly activeWeightBytes: number | null
}

/** What is known of the machine it shall run on. */
export interface EstimateMachine {
  readonly memTotalBytes: number
  /** MemAvailable + free pages in per-CPU lists. */
  readonly memAvailableBytes: number
  readonly topology: 'unified' | 'discrete' | 'amd-apu' | 'none'
}

/** fits: even its peak. tight: as expected, but not its peak. unknown: nothing is known of the model. */
export const VERDICTS = ['fits', 'tight', 'does-not-fit', 'unknown'] as const
export type Verdict = (typeof VERDICTS)[number]

/** Another setting, or something else to do, with which it would fit or come nearer. */
export type WayOut = { readonly label: string } & (
  | {
      readonly kind: 'settings'
      /** Those that change. */
      readonly settings: Readonly<Record<string, SettingValue>>
      readonly total: Interval
      readonly verdict: Verdict
    }
  | {
      /** Another quantisation of the same model on this disk. */
      readonly kind: 'model'
      readonly modelPath: string
      readonly total: Interval
      readonly verdict: Verdict
    }
  | {
      readonly kind: 'stop'
      readonly runnerIds: readonly string[]
      readonly givesBackBytes: number
      readonly verdict: Verdict
    }
  | {
      readonly kind: 'unload'
      readonly runnerId: string
      /** Null: the runner's own way of giving memory back. */
      readonly model: string | null
      readonly givesBackBytes: number
      readonly verdict: Verdict
    }
  /** Waits and starts when there is room. */
  | { readonly kind: 'wait' }
  /** `phrase` must be typed; the guard stays armed. */
  | { readonly kind: 'anyway'; readonly phrase: string }
)

/** What was seen of this model with this runner and these settings on this machine. */
export interface Measured {
  readonly restingBytes: number
  readonly peakBytes: number
  readonly runs: number
  readonly lastAtMs: number
  /** Of the formula against it: (estimated − resting) / resting; negative: too low. */
  readonly errorPct: number
}

/** An estimate with what it means now. */
export interface EstimateView {
  /** The one that counts. */
  readonly estimate: Estimate
  /** By formula, where another one counts. */
  readonly formula: Interval | null
  readonly measured: Measured | null
  readonly verdict: Verdict
  /** The verdict with its numbers, for people. */
  readonly sentence: string
  readonly allocatableBytes: number
  readonly options: readonly WayOut[]
  /** Generated tokens per second that the memory's bandwidth allows: a ceiling; null where it is not known. */
  readonly ceilingTokensPerS: number | null
}

/** Memory that is spoken for. */
export interface AdmissionStatus {
  /** What a launch may take: available − reserve − reserved and not yet taken − growth. */
  readonly allocatableBytes: number
  readonly reservedBytes: number
  readonly growthBytes: number
  readonly reservations: readonly {
    readonly runnerId: string
    readonly label: string
    readonly bytes: number
    readonly takenBytes: number
  }[]
  /** In the order they will be started. */
  readonly waiting: readonly { readonly runnerId: string; readonly label: string; readonly text: string }[]
}
