import { isKnown, type Reading } from '../../model/reading.ts'
import type { MemoryPoint } from './decide.types.ts'

/** Over less than this a share of waiting time says nothing. */
const LEAST_SPAN_MS = 1_000
/** Every task waited for memory this share of the time; 0 on a healthy machine, even a full one. */
const FULL_STALL_SHARE = 0.05
/** 32 MiB/s of 4 KiB pages: more than the trickle of idle pages that leaves a full machine at rest. */
const SWAP_OUT_PAGES_PER_S = 8_192
/** Tasks that had to free memory themselves. Alone they also come from a large file copy. */
const ALLOC_STALLS_PER_S = 50
/** Pages read back. Alone they also come from a program that starts. */
const MAJOR_FAULTS_PER_S = 200

/** No larger free block: drivers that want more at once wait, or fail, although pages are free. */
const FRAGMENTED_BYTES = 64 * 1024
/** Together with fragmentation this share of every bound is enough. */
const FRAGMENTED_SHARE = 0.5

/** Free memory is in crumbs. Alone it says nothing: a machine full for weeks is fragmented and healthy. */
export const isFragmented = (point: MemoryPoint | undefined): boolean =>
  point !== undefined &&
  isKnown(point.largestFreeBlockBytes) &&
  point.largestFreeBlockBytes <= FRAGMENTED_BYTES

const per = (now: Reading, then: Reading, seconds: number): number => {
  if (!isKnown(now) || !isKnown(then)) return 0
  const rate = (now - then) / seconds
  // A counter that went back was reset: unknown.
  return rate > 0 ? rate : 0
}

/**
 * Whether programs wait for memory: the second signal of a slow drift.
 *
 * By differences of counters over the last second or a little more; readings before `sinceMs` are left out. What is not reported neither confirms nor denies.
 */
export function isStalling(
  points: readonly MemoryPoint[],
  { sinceMs = -Infinity, leastSpanMs = LEAST_SPAN_MS } = {}
): boolean {
  const newest = points.at(-1)
  const then = points.findLast((point) => (newest?.monotonicMs ?? 0) - point.monotonicMs >= leastSpanMs)
  if (newest === undefined || then === undefined || then.monotonicMs < sinceMs) return false
  const share = isFragmented(newest) ? FRAGMENTED_SHARE : 1
  const seconds = (newest.monotonicMs - then.monotonicMs) / 1000
  if (per(newest.stallFullUs, then.stallFullUs, seconds) >= FULL_STALL_SHARE * 1e6 * share) return true
  if (per(newest.swapOutPages, then.swapOutPages, seconds) >= SWAP_OUT_PAGES_PER_S * share) return true
  return (
    per(newest.allocStalls, then.allocStalls, seconds) >= ALLOC_STALLS_PER_S * share &&
    per(newest.majorFaults, then.majorFaults, seconds) >= MAJOR_FAULTS_PER_S * share
  )
}
