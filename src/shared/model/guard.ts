import type { Importance } from './importance.ts'
import type { Reading } from './reading.ts'
import type { GuardLevel, GuardMode } from './status.ts'

/**
 * What decide() sees of the machine at one moment. Counters count since boot; decide() takes differences itself, so
 * that a late or lost reading changes nothing but the time between two.
 */
export interface GuardReading {
  /** When it was taken, on the monotonic clock. */
  readonly monotonicMs: number
  readonly memTotalBytes: number
  /** MemAvailable + free pages in per-CPU lists: what an allocation can really get. */
  readonly availableBytes: number
  /** PSI memory, µs in which some (full: all) tasks waited for memory. */
  readonly stallSomeUs: Reading
  readonly stallFullUs: Reading
  readonly majorFaults: Reading
  readonly swapOutPages: Reading
  readonly allocStalls: Reading
  /** Largest order of /proc/buddyinfo that still has a free block, in bytes: fragmentation. */
  readonly largestFreeBlockBytes: Reading
}

/** How the guard is to behave; made of the settings, the machine and what was learnt of the running models. */
export interface GuardPolicy {
  readonly mode: GuardMode
  /** Where warning begins. */
  readonly reserveBytes: number
  /** What falling memory must not pass. */
  readonly floorBytes: number
  /** Available memory at which the running models are known to rest: a fall that stays above it is expected. */
  readonly restsAtBytes: Reading
  /** How long a frozen runner waits for the user's answer before it is stopped; null = as long as it takes. */
  readonly answerMs: number | null
}

/** loading: takes memory as it should. frozen: stopped by SIGSTOP, keeps its memory. */
export type VictimPhase = 'loading' | 'ready' | 'idle' | 'frozen'

/** Somebody who could be stopped, with what is known of the price. */
export interface Candidate {
  readonly id: string
  readonly label: string
  /** foreign: Firebreak did not start it. */
  readonly kind: 'runner' | 'foreign'
  /** Names of its processes (comm) and, where it has one, its container. */
  readonly names: readonly string[]
  readonly gpuBytes: number
  /** RssAnon + RssShmem of the tree. */
  readonly hostBytes: number
  /** GPU + host; negative while it shrinks. */
  readonly growthBytesPerS: number
  readonly importance: Importance
  readonly pinned: boolean
  readonly phase: VictimPhase
  /** Last measured, or estimated from its size. */
  readonly reloadS: Reading
}

export interface RankedVictim {
  readonly id: string
  readonly label: string
  readonly kind: Candidate['kind']
  /** What would come back. */
  readonly bytes: number
  readonly reloadS: Reading
  /** For people: 'grows by 2.1 GiB/s', 'idle', 'low importance'. */
  readonly why: string
}

/** protected: on the list of names never touched. not-allowed: foreign, and the user has not allowed it. */
export type Refusal = 'pinned' | 'protected' | 'not-allowed'

export interface RefusedVictim {
  readonly id: string
  readonly label: string
  readonly kind: Candidate['kind']
  readonly bytes: number
  readonly because: Refusal
}

export interface Ranking {
  /** The first is stopped first. */
  readonly victims: readonly RankedVictim[]
  readonly refused: readonly RefusedVictim[]
}

/** shrink is done by the core through the runner's API; the rest by the sentinel, with signals. */
export type GuardActionKind = 'shrink' | 'freeze' | 'thaw' | 'terminate' | 'kill'

export type GuardAnswer = 'stop' | 'continue' | 'keep-frozen'

/** What the guard did or would have done, as it is kept and shown. Times: wall clock for people, monotonic to compute. */
export interface GuardEvent {
  /** Grows by one per event of one sentinel. */
  readonly sequence: number
  readonly atMs: number
  readonly monotonicMs: number
  /** 'main', or 'drill'. */
  readonly watchId: string
  /** would: observe mode. gone: its processes have ended. memory-back / memory-missing: the proof after it. */
  readonly kind: GuardActionKind | 'warn' | 'would' | 'gone' | 'memory-back' | 'memory-missing' | 'failed'
  readonly victimId: string | null
  readonly label: string | null
  /** Sentences, the most important first. */
  readonly reasons: readonly string[]
  readonly availableBytes: number
  readonly floorBytes: number
  readonly secondsToEmpty: number | null
  /** Of the victim, when chosen; after 'gone' and 'memory-*': what came back. */
  readonly bytes: Reading
}

/** What the user is asked, with the moment at which the guard acts by itself. */
export interface GuardAsk {
  readonly watchId: string
  readonly victimId: string
  readonly label: string
  /** warn: nothing is done yet. frozen: it has been frozen and waits. */
  readonly stage: 'warn' | 'frozen'
  readonly text: string
  /** Wall clock; null: it waits for as long as it takes. */
  readonly actsAtMs: number | null
  readonly victimBytes: number
}

/** How the sentinel is, as far as people must know. */
export interface SentinelStatus {
  /** off: mode off, nothing to guard. starting: not answered yet. gone: it died and is being restarted. */
  readonly state: 'off' | 'starting' | 'guarding' | 'gone'
  readonly pid: number | null
  /** system: the installed service with its capabilities. user: from a checkout. */
  readonly rights: 'system' | 'user' | 'unknown'
  readonly memoryLocked: boolean
  readonly priorityRaised: boolean
  /** Why not, and what it means; empty when all is well. */
  readonly notes: readonly string[]
  readonly armedIds: readonly string[]
  /** Armed, but their processes belong to another user: this sentinel could not stop them. */
  readonly unreachableIds: readonly string[]
}

export type ConflictId =
  | 'earlyoom'
  | 'earlyoom-percentage'
  | 'systemd-oomd'
  | 'nohang'
  | 'ray-memory-monitor'
  | 'swap'
  | 'swappiness'

/** Another guard or a setting that would fire first, at the wrong one, or slow the machine to a halt. */
export interface Conflict {
  readonly id: ConflictId
  readonly severity: 'info' | 'warning'
  readonly title: string
  /** What it does here, with the numbers of this machine. */
  readonly text: string
  readonly whatToDo: string
  /** Commands to copy; empty where none is needed. */
  readonly commands: readonly string[]
}

/** The desktop's memory, kept by the kernel from reclaim where cgroups work. */
export interface ProtectionStatus {
  /** unsupported: no systemd or no cgroup v2. not-installed-helper: runs from a checkout. */
  readonly state: 'on' | 'off' | 'unsupported'
  readonly note: string | null
  /** What 'on' would set or has set: unit → MemoryMin/MemoryLow bytes. */
  readonly units: readonly { readonly unit: string; readonly minBytes: number; readonly lowBytes: number }[]
  /** The command of the helper, shown before it is run. */
  readonly installCommand: readonly string[]
  readonly removeCommand: readonly string[]
}

/** All that the Guard page shows. */
export interface GuardView {
  readonly mode: GuardMode
  readonly level: GuardLevel
  readonly reasons: readonly string[]
  readonly reserveBytes: number
  readonly floorBytes: number
  readonly automaticReserveBytes: number
  readonly automaticFloorBytes: number
  readonly sentinel: SentinelStatus
  readonly launchesHeld: boolean
  readonly ask: GuardAsk | null
  /** 'If memory ran out now: stop qwen3-32b, 61 GiB back, reload about 90 s.' */
  readonly wouldDo: string
  readonly ranking: Ranking
  readonly protectedNames: readonly string[]
  /** Newest first. */
  readonly lastEvents: readonly GuardEvent[]
  readonly lastDrill: DrillReport | null
  readonly drillRunning: boolean
}

/** Proof on this very machine that the guard works. Times in s from the drill's start; null: it did not happen. */
export interface DrillReport {
  readonly id: string
  readonly atMs: number
  readonly passed: boolean
  /** One sentence for people. */
  readonly text: string
  readonly boundBytes: number
  readonly stepBytes: number
  readonly warnedAtS: number | null
  readonly frozenAtS: number | null
  readonly stoppedAtS: number | null
  readonly memoryBackAtS: number | null
  readonly takenBytes: number
  readonly returnedBytes: Reading
  readonly sentinel: Pick<SentinelStatus, 'rights' | 'memoryLocked' | 'priorityRaised'>
  /** At most 200 points. */
  readonly curve: readonly { readonly atS: number; readonly availableBytes: number }[]
  readonly thresholds: { readonly reserveBytes: number; readonly floorBytes: number }
}

/** What happened, kept: an act of the guard with its proof, or the machine's last minutes before it stopped. */
export interface Incident {
  readonly id: string
  readonly atMs: number
  /** stopped-answering: the machine went down without an end of ours. guard-died: core and sentinel ended without one. */
  readonly kind: 'acted' | 'would-have-acted' | 'stopped-answering' | 'guard-died'
  readonly title: string
  /** Plain words: what, why, what came back, what to do. */
  readonly text: string
  /** Whom 'start again' would start; null where that makes no sense. */
  readonly runnerId: string | null
  readonly events: readonly GuardEvent[]
  readonly curve: readonly IncidentPoint[]
}

export interface IncidentPoint {
  readonly atMs: number
  readonly availableBytes: number
  readonly holders: readonly { readonly label: string; readonly bytes: number }[]
}

export type IncidentSummary = Omit<Incident, 'curve' | 'events'>
