import { clamp } from '../../util/clamp.ts'
import type { MemoryPoint } from './decide.types.ts'

const MIB = 1024 ** 2

/** Short ones see a collapse of 14 GiB/s in time, long ones see a slow one through noise. */
const WINDOWS_MS = [250, 500, 1_000, 2_000, 4_000] as const
/** How far ahead a window may be believed, in its own lengths. */
const REACH = 8
/** Each half of a window holds at least this share of it, else one late reading would be both halves. */
const LEAST_HALF = 0.25
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
 * Steady: both halves fall, each by more than memory rose in between, so that one dip, one burst or noise is none.
 * Real readings only, nothing interpolated: a step between two readings lies in one half. More memory in the newest
 * reading never makes it faster.
 */
export function steadyFall(points: readonly MemoryPoint[], windowMs: number, sinceMs = -Infinity): number {
  const newest = points.at(-1)
  if (newest === undefined) return 0
  let startAt = -1
  for (let i = points.length - 2; i >= 0; i--) {
    const point = points[i]
    if (point === undefined || point.monotonicMs < sinceMs) break
    if (newest.monotonicMs - point.monotonicMs >= windowMs) {
      startAt = i
      break
    }
  }
  const start = points[startAt]
  if (start === undefined) return 0
  const spanMs = newest.monotonicMs - start.monotonicMs
  if (spanMs > windowMs * LONGEST) return 0
  const middleMs = start.monotonicMs + spanMs / 2
  let middle = start
  let least = start.availableBytes
  let rise = 0
  for (let i = startAt + 1; i < points.length; i++) {
    const point = points[i]
    if (point === undefined) break
    rise = Math.max(rise, point.availableBytes - least)
    least = Math.min(least, point.availableBytes)
    if (Math.abs(point.monotonicMs - middleMs) < Math.abs(middle.monotonicMs - middleMs)) middle = point
  }
  const firstMs = middle.monotonicMs - start.monotonicMs
  const secondMs = newest.monotonicMs - middle.monotonicMs
  if (Math.min(firstMs, secondMs) < spanMs * LEAST_HALF) return 0
  const first = start.availableBytes - middle.availableBytes
  const second = middle.availableBytes - newest.availableBytes
  if (Math.min(first, second) <= rise) return 0
  return Math.min(first / firstMs, second / secondMs) * 1000
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
