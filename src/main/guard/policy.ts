import type { GuardPolicy } from '../../shared/model/guard.ts'
import type { Reading } from '../../shared/model/reading.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { floorBytes, reserveBytes } from '../../shared/domain/guard/thresholds.ts'

export interface PolicyInput {
  readonly memTotalBytes: number
  readonly settings: Pick<Settings, 'reserveBytes' | 'floorBytes' | 'guard'>
  /** Floors of the profiles that run now; null where one has none. */
  readonly profileFloors: readonly (number | null)[]
  /** Where memory is known to stay with just these models; 'unknown' where that was never seen. */
  readonly restsAtBytes: Reading
}

const MS_PER_S = 1_000

/**
 * How the guard is to behave now.
 *
 * The lowest floor of the running profiles counts: each of them says that memory may rest that low while it runs.
 * No floor lies above the reserve, where warning begins.
 */
export function policyOf(input: PolicyInput): GuardPolicy {
  const { memTotalBytes, settings, profileFloors, restsAtBytes } = input
  const reserve = reserveBytes(memTotalBytes, settings.reserveBytes)
  const own = profileFloors.filter((floor) => floor !== null)
  const wanted = own.length > 0 ? Math.min(...own) : settings.floorBytes
  const { mode, answerS } = settings.guard
  return {
    mode,
    reserveBytes: reserve,
    floorBytes: Math.min(reserve, floorBytes(memTotalBytes, wanted)),
    restsAtBytes,
    answerMs: mode === 'relaxed' ? null : answerS * MS_PER_S
  }
}
