import type { GuardAnswer, GuardEvent, GuardPolicy, SentinelStatus } from '../../shared/model/guard.ts'
import type { GuardLevel } from '../../shared/model/status.ts'

/** One JSON object per line, both ways, over a Unix socket that only this user can reach. */
export const SENTINEL_PROTOCOL = 1

/** A process by identity: pids are reused, start times are not. */
export interface ArmedProcess {
  readonly pid: number
  readonly startTicks: number
}

/** Somebody the sentinel may freeze and stop, chosen and ordered by the core beforehand. */
export interface ArmedVictim {
  readonly id: string
  readonly label: string
  /** GPU + private host bytes when armed. */
  readonly bytes: number
  /** From the first signal to the end of growth, learnt or assumed. */
  readonly stopLatencyMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number
  /** What its own API could give back without ending it; 0 where nothing. */
  readonly shrinkableBytes: number
  readonly processes: readonly ArmedProcess[]
  /** Leaders of process groups that are wholly its own. */
  readonly groupLeaders: readonly ArmedProcess[]
  /** Its own cgroup below /sys/fs/cgroup, where it has one alone; new children are found there. */
  readonly cgroupDir: string | null
}

/** What a sentinel that is no more did and nobody saw the end of; its successor goes on from there. */
export interface OpenAct {
  readonly victimId: string
  readonly label: string
  readonly bytes: number
  /** pause: its processes are gone, its memory is waited for. */
  readonly stage: 'frozen' | 'ending' | 'killed' | 'pause'
  /** Of the stage, on the monotonic clock, which all processes share. */
  readonly sinceMs: number
  readonly availableBytes: number
}

/** One set of thresholds and victims; 'main' always, 'drill' while a fire drill runs. */
export interface Watch {
  readonly id: string
  readonly policy: GuardPolicy
  /** In the order in which they would be stopped. */
  readonly victims: readonly ArmedVictim[]
  /**
   * The user's list, on top of the built-in one: of whom Firebreak did not start, nobody with such a process is
   * touched, whatever the order says. Looked at once more just before an act.
   */
  readonly protectedNames?: readonly string[]
  /** Heeded when the watch is new to this sentinel. */
  readonly open?: OpenAct
  /**
   * A core that has just started knows its own runners, and nobody else before the driver answers: whoever else an
   * earlier core armed stays armed. Their ids hold a colon, no runner's does.
   */
  readonly keepsOthers?: boolean
}

export interface Holder {
  readonly label: string
  readonly bytes: number
}

export type ToSentinel =
  | {
      readonly type: 'hello'
      readonly protocol: number
      readonly pid: number
      readonly startTicks: number
      /** Preallocated ring file; null: none. */
      readonly blackBoxPath: string | null
    }
  /** Replaces all that was armed before. */
  | {
      readonly type: 'arm'
      readonly sequence: number
      readonly watches: readonly Watch[]
      /** The largest holders now, for the black box. */
      readonly holders: readonly Holder[]
    }
  | {
      readonly type: 'answer'
      readonly watchId: string
      readonly victimId: string
      readonly choice: GuardAnswer
    }
  /** The core has kept these events. */
  | { readonly type: 'ack'; readonly sequence: number }
  /** The core ends in good order; runners stay guarded. */
  | { readonly type: 'bye' }

export interface WatchStatus {
  readonly id: string
  readonly level: GuardLevel
  readonly reasons: readonly string[]
  readonly secondsToEmpty: number | null
  readonly ask: {
    readonly victimId: string
    readonly label: string
    readonly stage: 'warn' | 'frozen'
    /** From now; null: waits for as long as it takes. */
    readonly actsInMs: number | null
  } | null
  readonly holdLaunches: boolean
}

export type FromSentinel =
  | { readonly type: 'welcome'; readonly protocol: number; readonly pid: number }
  /** When something of it changed, and once a second while a core is connected. */
  | {
      readonly type: 'state'
      readonly armSequence: number
      readonly availableBytes: number
      readonly watches: readonly WatchStatus[]
      readonly status: SentinelStatus
      readonly ticks: number
    }
  | { readonly type: 'event'; readonly event: GuardEvent }
  /** Asks the core to have a runner give back memory by its own API. */
  | { readonly type: 'shrink'; readonly watchId: string; readonly victimId: string }
