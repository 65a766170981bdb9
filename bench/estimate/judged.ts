import type { Row } from '../harness.ts'

/** What was found in the rows of one file; a figure is null where no row could be judged. */
export interface Judged {
  readonly figures: Readonly<Record<string, number | null>>
  readonly rows: readonly Row[]
  /** Rows that lack what judging needs. */
  readonly notJudged: number
  /** Rows of which the estimator says that it does not know them. */
  readonly unknown: number
}

/** Rows as they were read, nothing checked: unknown fields are ignored, missing ones make a row not judged. */
export type Judge = (rows: readonly unknown[]) => Judged
