import type { Row } from '../harness.ts'

/** What judging the rows of one file came to. */
export interface Judgement {
  readonly figures: Readonly<Record<string, number>>
  readonly rows: readonly Row[]
  /** Rows that lack a field that judging needs. */
  readonly notJudged: number
  /** Rows that the estimator says it knows nothing of. */
  readonly unknown: number
}

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

/** The smallest value that this share of all values does not exceed; 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = sorted.length / 2
  return ((sorted[Math.ceil(at) - 1] ?? 0) + (sorted[Math.floor(at)] ?? sorted[Math.ceil(at) - 1] ?? 0)) / 2
}

/** Of what was judged, how many percent are right; 0 where nothing was. */
export const percentWhere = <T>(judged: readonly T[], isRight: (one: T) => boolean): number =>
  judged.length === 0 ? 0 : (100 * judged.filter(isRight).length) / judged.length
