import { isKnown, type Reading } from '../../model/reading.ts'
import type { GuardLevel } from '../../model/status.ts'
import type { Pressures } from '../../model/snapshot.ts'

export interface AssessInput {
  readonly availableBytes: number
  readonly perCpuFreeBytes: Reading
  readonly reserveBytes: number
  readonly floorBytes: number
  readonly secondsToEmpty: number | null
  readonly pressures: Pressures
}

/** A reader needs some seconds to read a warning and decide; 20 s leaves time to stop one model by hand. */
export const WARN_SECONDS_TO_EMPTY = 20
/** Time in which memory at the present fall counts as worth watching. */
export const WATCH_SECONDS_TO_EMPTY = 60
/** Share of the last 10 s in which every task waited for memory; 0 on a healthy machine, even a full one. */
export const STALL_FULL_AVG10_PCT = 5

/** Whether programs wait for memory; false where the kernel does not report it. */
export const isStalled = ({ memory }: Pick<Pressures, 'memory'>): boolean =>
  memory !== 'unknown' && memory.full !== 'unknown' && memory.full.avg10Pct >= STALL_FULL_AVG10_PCT

/**
 * The level that people see, with its reasons in words.
 *
 * A full machine that neither falls nor stalls is healthy (a big model may rest below the reserve): it is
 * watched, not warned about.
 */
export function assess(input: AssessInput): {
  readonly level: GuardLevel
  readonly reasons: readonly string[]
} {
  const perCpu = isKnown(input.perCpuFreeBytes) ? input.perCpuFreeBytes : 0
  const available = input.availableBytes + perCpu
  const seconds = input.secondsToEmpty
  const stalled = isStalled(input.pressures)

  const warnings: string[] = []
  if (seconds !== null && seconds <= WARN_SECONDS_TO_EMPTY) {
    warnings.push(`Memory will be gone in about ${Math.max(1, Math.round(seconds))} s.`)
  }
  if (stalled && available < input.reserveBytes) warnings.push('Programs are waiting for memory.')
  if (available < input.floorBytes && (stalled || seconds !== null)) {
    warnings.push('Memory is below the floor and still under strain.')
  }
  if (warnings.length > 0) return { level: 'warn', reasons: warnings }

  const watches: string[] = []
  if (available < input.reserveBytes) watches.push('Part of the desktop’s reserve is in use.')
  if (seconds !== null && seconds <= WATCH_SECONDS_TO_EMPTY) watches.push('Memory is falling.')
  if (stalled) watches.push('Programs are waiting for memory.')
  return watches.length > 0 ? { level: 'watch', reasons: watches } : { level: 'calm', reasons: [] }
}
