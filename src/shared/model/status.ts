import type { AdmissionStatus } from './estimate.ts'
import type { GpuSnapshot, MemoryTopology } from './gpu.ts'
import type { LedgerPart } from './ledger.ts'
import type { Reading } from './reading.ts'
import type { RunnerView } from './runner.ts'
import type { CpuLoad, Pressures, Rates } from './snapshot.ts'

export const GUARD_LEVELS = ['calm', 'watch', 'warn', 'act', 'emergency'] as const
export type GuardLevel = (typeof GUARD_LEVELS)[number]
export const GUARD_MODES = ['off', 'observe', 'relaxed', 'balanced', 'strict', 'custom'] as const
export type GuardMode = (typeof GUARD_MODES)[number]

export interface GuardStatus {
  readonly mode: GuardMode
  readonly level: GuardLevel
  /** Sentences for people, the most important first. */
  readonly reasons: readonly string[]
  readonly reserveBytes: number
  readonly floorBytes: number
  /** At the present rate of fall; null while memory does not fall. */
  readonly secondsToEmpty: number | null
}

/** One tick as clients see it: the snapshot and ledger joined, without the process table. */
export interface Live {
  readonly sequence: number
  readonly atMs: number
  readonly intervalMs: number
  readonly memTotalBytes: number
  readonly memAvailableBytes: number
  readonly perCpuFreeBytes: Reading
  /** What a model may take: MemAvailable + per-CPU lists − reserve, at least 0. */
  readonly freeForModelsBytes: number
  /** What of it is spoken for, and what a launch may take. */
  readonly admission: AdmissionStatus
  readonly swapTotalBytes: Reading
  readonly swapFreeBytes: Reading
  readonly topology: MemoryTopology
  readonly gpu: GpuSnapshot
  readonly pressure: Pressures
  readonly cpu: CpuLoad
  readonly temperatureC: Reading
  readonly rates: Rates
  readonly ledger: readonly LedgerPart[]
  readonly guard: GuardStatus
}

/** The CLI's and the API's `status`; names are relied on by scripts. */
export interface Status extends Live {
  readonly level: GuardLevel
  readonly runners: readonly RunnerView[]
}

/** Facts that do not change while the machine runs, read once at start. */
export interface MachineFacts {
  readonly model: string
  readonly cpu: string
  readonly cores: number
  readonly gpu: string
  readonly os: string
  readonly kernel: string
  readonly arch: string
  readonly pageSizeBytes: number
}

/** A point of the recent past; one per second at most. `bands` is keyed by ledger part id. */
export interface RecentPoint {
  readonly atMs: number
  readonly memAvailableBytes: number
  readonly bands: Readonly<Record<string, number>>
}

export interface RecentSeries {
  readonly id: string
  readonly label: string
  readonly kind: LedgerPart['kind']
}

export interface Recent {
  readonly series: readonly RecentSeries[]
  readonly points: readonly RecentPoint[]
}

/** Something the user should know that is not a level: a settings file kept aside, a runner taken back. */
export interface Notice {
  readonly id: string
  readonly atMs: number
  readonly severity: 'info' | 'warning' | 'error'
  readonly text: string
  readonly whatToDo: string | null
  /** Whom it is about, where 'start again' makes sense. */
  readonly runnerId?: string | undefined
  /** The incident that tells more. */
  readonly incidentId?: string | undefined
}
