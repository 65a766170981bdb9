import type { GuardPolicy } from '../../model/guard.ts'
import { boundBytes } from './bounds.ts'
import type { GuardMemory } from './decide.types.ts'

/** At rest: a fall is seen within this, and the sentinel costs next to nothing. */
export const REST_TICK_MS = 100
/** Near the floor, or while memory falls by much. */
export const NEAR_TICK_MS = 50
/** While the floor may go within seconds, and while an act runs. */
export const FALL_TICK_MS = 25
/** At the fall of the last two readings the bound is this near. */
const FALL_SECONDS = 4
const NEAR_SECONDS = 20

/**
 * Milliseconds until the next look at memory.
 *
 * From the last two readings alone: a fall must shorten the ticks before it is proven, since proof needs readings.
 */
export function pace(memory: GuardMemory, policy: GuardPolicy): number {
  const now = memory.points.at(-1)
  const before = memory.points.at(-2)
  if (memory.episode !== null && memory.episode.stage !== 'frozen') return FALL_TICK_MS
  if (now === undefined) return REST_TICK_MS
  const bound = boundBytes(policy, memory.restedBytes)
  const inReserve = now.availableBytes < policy.reserveBytes || memory.episode !== null
  const resting = inReserve ? NEAR_TICK_MS : REST_TICK_MS
  if (before === undefined) return resting
  const room = roomAbove(bound, now.availableBytes)
  const gone = before.availableBytes - now.availableBytes
  if (gone <= 0) return recentlyFalling(memory, bound) ? FALL_TICK_MS : resting
  const seconds = secondsToBound(room, gone, now.monotonicMs - before.monotonicMs)
  if (seconds <= FALL_SECONDS || recentlyFalling(memory, bound)) return FALL_TICK_MS
  return seconds <= NEAR_SECONDS ? NEAR_TICK_MS : resting
}

/** At least half the bound: below it the breath of a resting machine is no fall. */
const roomAbove = (bound: number, availableBytes: number): number =>
  Math.max(availableBytes - bound, bound / 2)

const secondsToBound = (room: number, gone: number, ms: number): number => (room / gone) * (ms / 1000)

/** Whether the last second fell fast, though the last step did not: chunks and noise. */
function recentlyFalling({ points }: GuardMemory, bound: number): boolean {
  const now = points.at(-1)
  const then = points.find((point) => (now?.monotonicMs ?? 0) - point.monotonicMs <= 1_000)
  if (now === undefined || then === undefined) return false
  const gone = then.availableBytes - now.availableBytes
  const room = roomAbove(bound, now.availableBytes)
  return gone > 0 && secondsToBound(room, gone, now.monotonicMs - then.monotonicMs) <= FALL_SECONDS
}
