import type { GuardReading } from '../../model/guard.ts'
import type { GuardMemory, MemoryPoint } from './decide.types.ts'

/** An older reading is not the present: memory may fall by 28 GiB in two seconds. */
export const STALE_MS = 2_000
/** The clock of a reading may be this far ahead of the caller's: both round. */
const AHEAD_MS = 100
/** Longer than the longest window; older readings say nothing about the present. */
const KEEP_MS = 5_000
/** A longer silence is a suspend or a frozen machine: nothing is concluded from it. */
const GAP_MS = 5_000
export const MOST_POINTS = 128
/** Finer steps than these are not kept, so that MOST_POINTS reach back KEEP_MS at any tick rate. */
const FINE_STEP_MS = 20
const FINE_FOR_MS = 1_000
const COARSE_STEP_MS = 80

/** Whether a decision may rest on it: fresh, and no nonsense. */
export function isUsable(reading: GuardReading | null, nowMs: number): reading is GuardReading {
  if (reading === null || !Number.isFinite(nowMs)) return false
  const age = nowMs - reading.monotonicMs
  const { availableBytes, memTotalBytes } = reading
  // NaN fails every comparison.
  return (
    age <= STALE_MS &&
    age >= -AHEAD_MS &&
    memTotalBytes > 0 &&
    Number.isFinite(memTotalBytes) &&
    availableBytes >= 0 &&
    availableBytes <= memTotalBytes
  )
}

const pointOf = (reading: GuardReading): MemoryPoint => ({
  monotonicMs: reading.monotonicMs,
  availableBytes: reading.availableBytes,
  stallFullUs: reading.stallFullUs,
  majorFaults: reading.majorFaults,
  swapOutPages: reading.swapOutPages,
  allocStalls: reading.allocStalls,
  largestFreeBlockBytes: reading.largestFreeBlockBytes
})

/**
 * The remembered readings with a new one.
 *
 * Bounded by MOST_POINTS and KEEP_MS: fine for the last second, coarse before. A clock that went back starts anew.
 */
export function withPoint(points: readonly MemoryPoint[], reading: GuardReading): readonly MemoryPoint[] {
  const point = pointOf(reading)
  const last = points.at(-1)
  if (last === undefined) return [point]
  const step = point.monotonicMs - last.monotonicMs
  if (step < 0) return [point]
  if (step === 0) return [...points.slice(0, -1), point]
  const kept: MemoryPoint[] = []
  for (const old of points) {
    const age = point.monotonicMs - old.monotonicMs
    if (age > KEEP_MS) continue
    const before = kept.at(-1)
    const least = age > FINE_FOR_MS ? COARSE_STEP_MS : FINE_STEP_MS
    // The last one before the new one always stays: the newest step must be seen.
    if (before === undefined || old === last || old.monotonicMs - before.monotonicMs >= least) kept.push(old)
  }
  kept.push(point)
  return kept.length > MOST_POINTS ? kept.slice(-MOST_POINTS) : kept
}

/**
 * Timers moved so that time which was not observed does not count.
 *
 * A clock that goes back must not hold a timer for ever, and a night's sleep must not use up the time to answer.
 */
export function withoutGap(memory: GuardMemory, nowMs: number): GuardMemory {
  if (memory.nowMs === null || !Number.isFinite(nowMs)) return memory
  const passed = nowMs - memory.nowMs
  if (passed >= 0 && passed <= GAP_MS) return memory
  const moved = (atMs: number): number => atMs + passed
  const movedOrNull = (atMs: number | null): number | null => (atMs === null ? null : moved(atMs))
  const { drift, resting, episode, shrunk, left, thawed } = memory
  return {
    ...memory,
    points: [],
    secondsToEmpty: null,
    drift: drift === null ? null : { ...drift, sinceMs: moved(drift.sinceMs) },
    resting: resting === null ? null : { ...resting, sinceMs: moved(resting.sinceMs) },
    episode:
      episode === null
        ? null
        : {
            ...episode,
            sinceMs: moved(episode.sinceMs),
            recoveredSinceMs: movedOrNull(episode.recoveredSinceMs)
          },
    shrunk: shrunk === null ? null : { ...shrunk, atMs: moved(shrunk.atMs) },
    easedSinceMs: movedOrNull(memory.easedSinceMs),
    left: left === null ? null : { ...left, untilMs: moved(left.untilMs) },
    thawed: thawed === null ? null : { ...thawed, atMs: moved(thawed.atMs) },
    wouldAtMs: movedOrNull(memory.wouldAtMs)
  }
}
