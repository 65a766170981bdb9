import type { ContractError } from '../shared/contract/errors.ts'
import { err, ok, type Result } from '../shared/util/result.ts'
import type { Values } from './command.ts'

export const MAX_PORT = 65_535

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
