import { round } from '../harness.ts'

/** A field of a row of unknown make. */
export const fieldOf = (row: unknown, key: string): unknown =>
  typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>)[key] : undefined

/** A number above 0; null: it is missing, or is none. */
export function sizeOf(row: unknown, key: string): number | null {
  const value = fieldOf(row, key)
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
}

export function textOf(row: unknown, key: string): string | null {
  const value = fieldOf(row, key)
  return typeof value === 'string' ? value : null
}

/** The smallest value that this share of all values does not exceed; null where there are none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}

/** The middle one, or the mean of the two in the middle; null where there are none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

/** Of what was judged, how many percent are right; null where nothing was. */
export const percentWhere = <T>(judged: readonly T[], isRight: (one: T) => boolean): number | null =>
  judged.length === 0 ? null : (100 * judged.filter(isRight).length) / judged.length

/** A figure in so many digits; null stays null. */
export const figure = (value: number | null, digits: number): number | null =>
  value === null ? null : round(value, digits)
