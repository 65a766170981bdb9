import type { GuardActionKind, GuardAnswer, GuardPolicy, GuardReading } from '../../model/guard.ts'
import type { Reading } from '../../model/reading.ts'
import type { GuardLevel } from '../../model/status.ts'

/** Somebody decide() may name, as the executor sees it now. */
export interface DecideVictim {
  readonly id: string
  readonly label: string
  /** What would come back. */
  readonly bytes: number
  /** From the first signal to the end of growth, learnt or assumed. */
  readonly stopLatencyMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number
  /** What its own API could give back without ending it; 0 where nothing. */
  readonly shrinkableBytes: number
  /** ending: told to end, still there. gone: no process of it is left. */
  readonly state: 'running' | 'frozen' | 'ending' | 'gone'
}

export interface DecideInput {
  /** Monotonic. */
  readonly nowMs: number
  /** The newest; null: memory could not be read. */
  readonly reading: GuardReading | null
  readonly policy: GuardPolicy
  /** In the order in which they would be stopped; one that was frozen stays in the list until it is thawed or gone. */
  readonly victims: readonly DecideVictim[]
  /** Given once, at the first call after the user answered. */
  readonly answer: { readonly victimId: string; readonly choice: GuardAnswer } | null
  readonly memory: GuardMemory
}

export interface GuardAction {
  readonly kind: GuardActionKind
  readonly victimId: string
}

export interface DecisionAsk {
  readonly victimId: string
  /** warn: nothing is done yet. frozen: it has been frozen and waits. */
  readonly stage: 'warn' | 'frozen'
  /** From now; null: it waits for as long as it takes. */
  readonly actsInMs: number | null
}

export interface Decision {
  readonly level: GuardLevel
  /** Sentences for people, the most important first. */
  readonly reasons: readonly string[]
  readonly secondsToEmpty: number | null
  readonly secondsToAct: number | null
  /** To be executed now, once. */
  readonly action: GuardAction | null
  /** What would have been done; observe mode alone. */
  readonly would: GuardAction | null
  readonly ask: DecisionAsk | null
  readonly holdLaunches: boolean
  /** To be handed to the next call. */
  readonly memory: GuardMemory
}

/** One usable reading, as it is remembered. */
export interface MemoryPoint {
  readonly monotonicMs: number
  readonly availableBytes: number
  readonly stallFullUs: Reading
  readonly majorFaults: Reading
  readonly swapOutPages: Reading
  readonly allocStalls: Reading
  readonly largestFreeBlockBytes: Reading
}

/** One event and the one victim it is about, from the first act until its memory is back. */
export interface Episode {
  readonly victimId: string
  readonly label: string
  readonly bytes: number
  readonly graceMs: number
  /** frozen: waits. ending: SIGTERM sent. killed: SIGKILL sent. pause: gone, its memory is waited for. */
  readonly stage: 'frozen' | 'ending' | 'killed' | 'pause'
  /** Of the stage. */
  readonly sinceMs: number
  readonly availableAtStart: number
  readonly lowestBytes: number
  /** Fall at the first act; what 'the fall goes on' is measured against. */
  readonly fallBytesPerS: number
  /** The user wants it to stay frozen. */
  readonly keepFrozen: boolean
  /** It was let go on for want of an answer, and memory fell again at once: not a second time. */
  readonly again: boolean
  /** Freezing or ending it did not stop the fall. */
  readonly wentOn: boolean
  /** Since when memory is back far enough to let it run again. */
  readonly recoveredSinceMs: number | null
}

/** What decide() remembers between calls: bounded, opaque to callers, replaced each time. */
export interface GuardMemory {
  /** Of the last call. */
  readonly nowMs: number | null
  /** Oldest first. */
  readonly points: readonly MemoryPoint[]
  readonly level: GuardLevel
  /** Since when the level's reason is gone. */
  readonly easedSinceMs: number | null
  readonly secondsToEmpty: number | null
  /** Consecutive readings below the floor with a second signal. */
  readonly drift: { readonly readings: number; readonly sinceMs: number } | null
  /** Level at which memory stays, still to be proven. */
  readonly resting: {
    readonly bytes: number
    readonly sinceMs: number
    /** Lowest of its first and of its second half. */
    readonly earlyLowBytes: number
    readonly lateLowBytes: number
  } | null
  /** Proven level of rest below the floor. */
  readonly restedBytes: number | null
  readonly episode: Episode | null
  /** The user said 'continue' for this one. */
  readonly left: { readonly victimId: string; readonly untilMs: number } | null
  /** Last one that was let go on because nobody answered. */
  readonly thawed: { readonly victimId: string; readonly atMs: number } | null
  /** Its own API was asked to give memory back, in this event. */
  readonly shrunk: { readonly victimId: string; readonly atMs: number } | null
  /** Observe mode: said for this event. */
  readonly wouldAtMs: number | null
}

/** Knows nothing yet. */
export const initialGuardMemory = (): GuardMemory => ({
  nowMs: null,
  points: [],
  level: 'calm',
  easedSinceMs: null,
  secondsToEmpty: null,
  drift: null,
  resting: null,
  restedBytes: null,
  episode: null,
  left: null,
  thawed: null,
  shrunk: null,
  wouldAtMs: null
})
