import { GUARD_LEVELS, type GuardLevel } from '../../model/status.ts'
import { WARN_SECONDS_TO_EMPTY, WATCH_SECONDS_TO_EMPTY } from './signs.ts'
import type { Episode, GuardMemory } from './decide.types.ts'
import type { Outlook } from './outlook.ts'

/** A level is left downwards only after its reason is gone for this long, so that it does not flicker. */
const EASE_MS = 3_000
/** … and gone by this share, so that memory that rests at a bound does not either. */
const DEAD_BAND = 0.1

export const rankOf = (level: GuardLevel): number => GUARD_LEVELS.indexOf(level)
const higher = (a: GuardLevel, b: GuardLevel): GuardLevel => (rankOf(a) >= rankOf(b) ? a : b)

/** The level that the present readings and the running episode ask for. `slack`: 0, or the dead band. */
function levelOf(outlook: Outlook, reserveBytes: number, episode: Episode | null, slack: number): GuardLevel {
  const { availableBytes, falling, stalling, secondsToEmpty, secondsToAct } = outlook
  const below = availableBytes < outlook.boundBytes * (1 + slack)
  const inReserve = availableBytes < reserveBytes * (1 + slack)
  if ((below && (falling || stalling)) || episode?.wentOn === true) return 'emergency'
  if (outlook.floorGoing || outlook.drifting || episode !== null) return 'act'
  const soon = secondsToEmpty !== null && secondsToEmpty <= WARN_SECONDS_TO_EMPTY * (1 + slack)
  // In the reserve the guard's own act is what people must hear of in time, however far 'empty' still is.
  const actsSoon = secondsToAct !== null && secondsToAct <= WARN_SECONDS_TO_EMPTY * (1 + slack)
  if (soon || (inReserve && (stalling || actsSoon))) return 'warn'
  const later = secondsToEmpty !== null && secondsToEmpty <= WATCH_SECONDS_TO_EMPTY * (1 + slack)
  return inReserve || later || stalling ? 'watch' : 'calm'
}

/** The level to show: raised at once, lowered late. */
export function settledLevel(
  outlook: Outlook,
  reserveBytes: number,
  episode: Episode | null,
  memory: GuardMemory,
  nowMs: number
): Pick<GuardMemory, 'level' | 'easedSinceMs'> & { readonly held: boolean } {
  const raw = levelOf(outlook, reserveBytes, episode, 0)
  if (rankOf(raw) >= rankOf(memory.level)) return { level: raw, easedSinceMs: null, held: false }
  const slack = levelOf(outlook, reserveBytes, episode, DEAD_BAND)
  if (rankOf(slack) >= rankOf(memory.level)) return { level: memory.level, easedSinceMs: null, held: true }
  const easedSinceMs = memory.easedSinceMs ?? nowMs
  if (nowMs - easedSinceMs < EASE_MS) return { level: memory.level, easedSinceMs, held: true }
  return { level: higher(raw, slack), easedSinceMs: null, held: rankOf(slack) > rankOf(raw) }
}
