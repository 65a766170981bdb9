import { floorBytes as floorOf, reserveBytes as reserveOf } from '../../shared/domain/guard/thresholds.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'

type Thresholds = Pick<Settings, 'reserveBytes' | 'floorBytes'>

/**
 * What is wrong with a reserve and a floor on a machine of that size; null: nothing.
 *
 * Where one is automatic, its value on this machine is what the other is held against. A reserve of 0 is none at all:
 * the automatic floor goes with it.
 */
export function thresholdProblem(
  { reserveBytes, floorBytes }: Thresholds,
  memTotalBytes: number
): ContractError | null {
  for (const [name, set] of [
    ['reserve', reserveBytes],
    ['floor', floorBytes]
  ] as const) {
    if (set === null || set <= memTotalBytes) continue
    return invalid(
      `the ${name} of ${bytesInWords(set)} is more than this machine has (${bytesInWords(memTotalBytes)}): set a lower one`
    )
  }
  const reserve = reserveOf(memTotalBytes, reserveBytes)
  const floor = floorOf(memTotalBytes, floorBytes)
  if (floor <= reserve || (reserve === 0 && floorBytes === null)) return null
  return invalid(
    `the floor (${bytesInWords(floor)}${floorBytes === null ? ', automatic' : ''}) cannot be above the reserve (${bytesInWords(reserve)}${reserveBytes === null ? ', automatic' : ''}): raise the reserve first, or lower the floor`
  )
}

/**
 * Thresholds that this machine can have: automatic for one beyond its memory, at which everybody would be stopped, and
 * a floor no higher than the reserve.
 */
export function fitted<T extends Thresholds>(settings: T, memTotalBytes: number): T {
  const orAutomatic = (set: number | null): number | null =>
    set !== null && set > memTotalBytes ? null : set
  const reserve = orAutomatic(settings.reserveBytes)
  const floor = orAutomatic(settings.floorBytes)
  const most = reserveOf(memTotalBytes, reserve)
  const least = floorOf(memTotalBytes, null)
  if (floor !== null) return { ...settings, reserveBytes: reserve, floorBytes: Math.min(floor, most) }
  const isTooLow = reserve !== null && reserve > 0 && reserve < least
  return { ...settings, reserveBytes: reserve, floorBytes: isTooLow ? reserve : null }
}

const invalid = (message: string): ContractError => ({ code: 'settings-invalid', message })
