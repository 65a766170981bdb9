import type { GuardPolicy } from '../../model/guard.ts'
import { orZero } from '../../model/reading.ts'
import { boundBytes, horizonMs, isExpected, plainFloorBytes, reactionMs } from './bounds.ts'
import type { DecideVictim, GuardMemory, MemoryPoint } from './decide.types.ts'
import {
  fallsOf,
  fastest,
  goneWithin,
  leastFallBytesPerS,
  secondsUntilGone,
  steadyFall,
  type Falls
} from './fall.ts'
import { isFragmented, isStalling } from './stall.ts'

/** A drift is confirmed by this many consecutive readings … */
const DRIFT_READINGS = 3
/** … over this time: single dips and single bad samples killed healthy servers. */
const DRIFT_MS = 2_000
/** Below the floor even a fall too slow to count is one, if it would empty the machine this soon. */
const SLOW_FALL_EMPTY_S = 20
const SLOW_FALL_SHARE = 1 / 8
const SLOW_FALL_WINDOW_MS = 4_000

/** What the present readings say of the next seconds. */
export interface Outlook {
  readonly availableBytes: number
  readonly memTotalBytes: number
  /** As set. */
  readonly floorBytes: number
  /** The floor, or less where memory is known to rest below it. */
  readonly boundBytes: number
  readonly horizonMs: number
  readonly reactionMs: number
  readonly falls: Falls
  readonly fallBytesPerS: number
  readonly falling: boolean
  readonly stalling: boolean
  /** Size of the largest free block where that is a crumb, bytes; null: it is not, or nobody knows. */
  readonly crumbBytes: number | null
  readonly belowBound: boolean
  /** Falling memory passes the bound within the horizon. */
  readonly floorGoing: boolean
  /** Below the floor with a second signal for long enough. */
  readonly drifting: boolean
  /** Predicted below the floor as set within one reaction time. */
  readonly floorGoesNow: boolean
  /** A fall that ends where the models are known to rest. */
  readonly expected: boolean
  readonly secondsToEmpty: number | null
  readonly secondsToAct: number | null
  readonly drift: GuardMemory['drift']
}

/** `points`: with the present reading as the last. */
export function outlookOf(
  points: readonly MemoryPoint[],
  memTotalBytes: number,
  policy: GuardPolicy,
  victim: DecideVictim | undefined,
  memory: GuardMemory
): Outlook {
  const point = points.at(-1)
  const availableBytes = point?.availableBytes ?? 0
  const floor = plainFloorBytes(policy)
  const stalling = isStalling(points)
  // Who waits for memory does not rest.
  const bound = boundBytes(policy, stalling ? null : memory.restedBytes)
  const horizon = horizonMs(policy, victim)
  const leastFall = leastFallBytesPerS(memTotalBytes)
  const falls = fallsOf(points, leastFall)
  const falling = falls.length > 0
  const belowBound = availableBytes < bound
  const expected = isExpected(policy, availableBytes)

  const slow = belowBound ? steadyFall(points, SLOW_FALL_WINDOW_MS) : 0
  const draining = slow >= leastFall * SLOW_FALL_SHARE && availableBytes / slow <= SLOW_FALL_EMPTY_S
  const predicted = availableBytes - goneWithin(falls, horizon / 1000)
  const soonest = availableBytes - goneWithin(falls, reactionMs(policy, victim) / 1000)
  // What was learnt may be of another day: with no time left to see where the fall ends, it counts for nothing.
  const floorGoing =
    draining || (falling && (belowBound || (predicted < bound && (!expected || soonest <= 0))))

  // Whatever level was learnt: rest is without waiting.
  const driftBound = policy.mode === 'strict' ? policy.reserveBytes : floor
  const isNew = point !== undefined && point.monotonicMs !== memory.points.at(-1)?.monotonicMs
  const drift = driftOf(memory.drift, point, isNew, availableBytes < driftBound && stalling)
  const untilBound = expected ? null : secondsUntilGone(falls, availableBytes - bound)
  return {
    availableBytes,
    memTotalBytes,
    floorBytes: floor,
    boundBytes: bound,
    horizonMs: horizon,
    reactionMs: reactionMs(policy, victim),
    falls,
    fallBytesPerS: Math.max(fastest(falls), draining ? slow : 0),
    falling: falling || draining,
    stalling,
    crumbBytes: isFragmented(point) && point !== undefined ? orZero(point.largestFreeBlockBytes) : null,
    belowBound,
    floorGoing,
    drifting: drift !== null && drift.readings >= DRIFT_READINGS && elapsed(drift, point) >= DRIFT_MS,
    floorGoesNow: falling && soonest < floor,
    expected,
    secondsToEmpty: secondsUntilGone(falls, availableBytes),
    secondsToAct: floorGoing ? 0 : untilBound === null ? null : Math.max(0, untilBound - horizon / 1000),
    drift
  }
}

const elapsed = (since: { readonly sinceMs: number }, point: MemoryPoint | undefined): number =>
  point === undefined ? 0 : point.monotonicMs - since.sinceMs

function driftOf(
  drift: GuardMemory['drift'],
  point: MemoryPoint | undefined,
  isNew: boolean,
  confirmed: boolean
): GuardMemory['drift'] {
  if (point === undefined || !confirmed) return null
  if (drift === null || point.monotonicMs < drift.sinceMs) {
    return { readings: 1, sinceMs: point.monotonicMs }
  }
  return isNew ? { ...drift, readings: drift.readings + 1 } : drift
}
