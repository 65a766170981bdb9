import { clamp } from '../../util/clamp.ts'
import type { MemoryPoint } from './decide.types.ts'

const MIB = 1024 ** 2

/** Short ones see a collapse of 14 GiB/s in time, long ones see a slow one through noise. */
const WINDOWS_MS = [250, 500, 1_000, 2_000, 4_000] as const
/** How far ahead a window may be believed, in its own lengths. */
const REACH = 8
/** A window shorter than this must fall in three parts, a longer one in two: a burst of two ticks is no fall. */
const SHORT_WINDOW_MS = 1_000
/** Each part of a window holds at least half of its share, else one late reading would be several parts. */
const LEAST_PART = 0.5
/** Rises in this time before the newest reading are noise that a fall must exceed. */
const NOISE_MS = 1_000
/** A window whose oldest reading is older than this, in its own lengths, has a hole in it. */
const LONGEST = 2

/** Fall of one window. */
interface WindowFall {
  readonly bytesPerS: number
  /** How far ahead it may be believed. */
  readonly reachS: number
}

/** How memory falls, seen through every window; none while it rests or rises. */
export type Falls = readonly WindowFall[]

/**
 * Below this memory does not fall, it breathes: bytes per second.
 *
 * MemTotal/2000 (61 MiB/s on 121.7 GiB) within 8 and 64 MiB/s: a desktop breathes by some MiB each second, and a small
 * machine is emptied by a slow hog.
 */
export const leastFallBytesPerS = (memTotalBytes: number): number =>
  clamp(memTotalBytes / 2000, 8 * MIB, 64 * MIB)

/**
 * The steady fall over one window that ends at the newest reading, bytes per second; 0 where there is none.
 *
 * Steady: every part of it falls, each by more than memory rose in between, so that one dip, one burst or noise is none.
 * Real readings only, nothing interpolated: a step between two readings lies in one part. More memory in the newest
 * reading never makes it faster.
 */
export function steadyFall(points: readonly MemoryPoint[], windowMs: number, sinceMs = -Infinity): number {
  const newest = points.at(-1)
  const startAt = startOf(points, windowMs, sinceMs)
  const start = points[startAt]
  if (newest === undefined || start === undefined) return 0
  const spanMs = newest.monotonicMs - start.monotonicMs
  if (spanMs > windowMs * LONGEST) return 0
  const parts = windowMs < SHORT_WINDOW_MS ? 3 : 2
  const rise = highestRise(points, newest.monotonicMs - Math.max(spanMs, NOISE_MS), sinceMs)
  let slowest = Infinity
  let from = start
  for (let part = 1; part <= parts; part++) {
    const to = part === parts ? newest : nearest(points, startAt, start.monotonicMs + (spanMs * part) / parts)
    const ms = to.monotonicMs - from.monotonicMs
    const gone = from.availableBytes - to.availableBytes
    if (ms < (spanMs / parts) * LEAST_PART || gone <= rise) return 0
    slowest = Math.min(slowest, (gone * 1000) / ms)
    from = to
  }
  return slowest
}

/** Index of the youngest reading that is a window old; −1: none since `sinceMs`. */
function startOf(points: readonly MemoryPoint[], windowMs: number, sinceMs: number): number {
  const newestMs = points.at(-1)?.monotonicMs ?? 0
  for (let i = points.length - 2; i >= 0; i--) {
    const atMs = points[i]?.monotonicMs ?? -Infinity
    if (atMs < sinceMs) return -1
    if (newestMs - atMs >= windowMs) return i
  }
  return -1
}

/** The reading nearest to a time, from an index on. */
function nearest(points: readonly MemoryPoint[], startAt: number, atMs: number): MemoryPoint {
  let best = points[startAt] ?? EMPTY
  for (let i = startAt + 1; i < points.length; i++) {
    const point = points[i] ?? best
    if (Math.abs(point.monotonicMs - atMs) >= Math.abs(best.monotonicMs - atMs)) break
    best = point
  }
  return best
}

const EMPTY: MemoryPoint = {
  monotonicMs: 0,
  availableBytes: 0,
  stallFullUs: 'unknown',
  majorFaults: 'unknown',
  swapOutPages: 'unknown',
  allocStalls: 'unknown',
  largestFreeBlockBytes: 'unknown'
}

/** By how much memory rose at most, from any reading to a later one. */
function highestRise(points: readonly MemoryPoint[], fromMs: number, sinceMs: number): number {
  let least = Infinity
  let rise = 0
  for (const { monotonicMs, availableBytes } of points) {
    if (monotonicMs < fromMs || monotonicMs < sinceMs) continue
    rise = Math.max(rise, availableBytes - least)
    least = Math.min(least, availableBytes)
  }
  return rise
}

/** The steady falls of all windows that are fast enough to count; readings before `sinceMs` are left out. */
export function fallsOf(
  points: readonly MemoryPoint[],
  leastBytesPerS: number,
  sinceMs = -Infinity,
  leastWindowMs = 0
): Falls {
  const falls: WindowFall[] = []
  for (const windowMs of WINDOWS_MS) {
    if (windowMs < leastWindowMs) continue
    const bytesPerS = steadyFall(points, windowMs, sinceMs)
    // Over less than a second the same bytes must be gone as in a whole one, or every small program would count.
    if (bytesPerS < leastBytesPerS * Math.max(1, 1000 / windowMs)) continue
    falls.push({ bytesPerS, reachS: (windowMs / 1000) * REACH })
  }
  return falls
}

/** The fastest of them, bytes per second; 0: no fall. */
export const fastest = (falls: Falls): number =>
  falls.reduce((most, { bytesPerS }) => Math.max(most, bytesPerS), 0)

/** What will be gone `aheadS` from now, bytes; no window is believed further than its reach. */
export const goneWithin = (falls: Falls, aheadS: number): number =>
  falls.reduce((most, { bytesPerS, reachS }) => Math.max(most, bytesPerS * Math.min(aheadS, reachS)), 0)

/** Two seconds of steady fall tell about the next twenty, four about any longer time. */
const SECONDS_REACH: readonly [leastReachS: number, reachS: number][] = [
  [4 * REACH, Infinity],
  [2 * REACH, 20]
]

/** Seconds until `bytes` are gone at the present fall; null while nothing falls, or nobody can say. */
export function secondsUntilGone(falls: Falls, bytes: number): number | null {
  let soonest: number | null = null
  for (const { bytesPerS, reachS } of falls) {
    const seconds = Math.max(0, bytes) / bytesPerS
    const reach = SECONDS_REACH.find(([least]) => reachS >= least)?.[1] ?? reachS
    if (seconds <= reach && (soonest === null || seconds < soonest)) soonest = seconds
  }
  return soonest
}
