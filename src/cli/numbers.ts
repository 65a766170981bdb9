import type { ContractError } from '../shared/contract/errors.ts'
import { err, ok, type Result } from '../shared/util/result.ts'
import type { Values } from './command.ts'

export const MAX_PORT = 65_535

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt])?(?:i?b)?$/i
const UNITS = ['k', 'm', 'g', 't']

/** A whole number of the command line, or undefined where the option was not given. */
export function wholeNumber(
  values: Values,
  name: string,
  low: number,
  high: number
): Result<number | undefined, ContractError> {
  const text = values.text(name)
  if (text === undefined) return ok(undefined)
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= low && value <= high) return ok(value)
  return err({
    code: 'bad-request',
    message: `--${name} takes a whole number from ${low} to ${high}, not '${text}'`
  })
}

/**
 * Bytes of the command line: '6GiB', '512MiB', '1.5g', or plain bytes; null for 'auto', undefined where the option was
 * not given. Units are binary however they are written: nobody means a reserve of 6 000 000 000 bytes.
 */
export function sizeInBytes(values: Values, name: string): Result<number | null | undefined, ContractError> {
  const text = values.text(name)?.trim()
  if (text === undefined) return ok(undefined)
  if (text === 'auto') return ok(null)
  const [, digits, unit] = SIZE.exec(text) ?? []
  const power = unit === undefined ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1
  const bytes = digits === undefined ? Number.NaN : Math.round(Number(digits) * 1024 ** power)
  if (Number.isSafeInteger(bytes)) return ok(bytes)
  return err({
    code: 'bad-request',
    message: `--${name} takes a size like 6GiB, 512MiB or 0, or 'auto', not '${text}'`
  })
}
