import type { GuardReading } from '../../shared/model/guard.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import { GUARD_LEVELS, type GuardLevel } from '../../shared/model/status.ts'

/** What decide() sees, out of one of the core's own snapshots. */
export function readingOf(snapshot: Snapshot): GuardReading {
  const { memInfo, perCpuFreeBytes, pressures, vmStat } = snapshot
  const { memory } = pressures
  return {
    monotonicMs: snapshot.monotonicMs,
    memTotalBytes: memInfo.memTotalBytes,
    availableBytes: memInfo.memAvailableBytes + orZero(perCpuFreeBytes),
    stallSomeUs: memory === 'unknown' ? 'unknown' : memory.some.totalUs,
    stallFullUs: memory === 'unknown' || memory.full === 'unknown' ? 'unknown' : memory.full.totalUs,
    majorFaults: vmStat === 'unknown' ? 'unknown' : vmStat.majorFaults,
    swapOutPages: vmStat === 'unknown' ? 'unknown' : vmStat.swapOutPages,
    allocStalls: vmStat === 'unknown' ? 'unknown' : vmStat.allocStalls,
    // Up to a second old in a snapshot, and no ground for a level.
    largestFreeBlockBytes: 'unknown'
  }
}

export const isAtLeast = (level: GuardLevel, bound: GuardLevel): boolean =>
  GUARD_LEVELS.indexOf(level) >= GUARD_LEVELS.indexOf(bound)
