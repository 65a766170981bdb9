import type { Result } from '../../shared/util/result.ts'

/** usage: not one of the fixed verbs. refused: understood, and not done. failed: tried, and the system said no. */
export const EXIT_CODES = { done: 0, usage: 2, refused: 3, failed: 4 } as const

export interface HelperFailure {
  readonly exitCode: 2 | 3 | 4
  /** One line for people. */
  readonly message: string
}

/** The value is one line for people: what was done. */
export type Outcome = Result<string, HelperFailure>

type Failed = { readonly ok: false; readonly error: HelperFailure }

const failure =
  (exitCode: HelperFailure['exitCode']) =>
  (message: string): Failed => ({ ok: false, error: { exitCode, message } })

export const badUsage = failure(EXIT_CODES.usage)
export const refused = failure(EXIT_CODES.refused)
export const failed = failure(EXIT_CODES.failed)

/** What an exception said, on one line. */
export const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim()
