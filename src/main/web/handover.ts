import { randomBytes } from 'node:crypto'

/** A browser that is starting on a busy machine; afterwards the code is worth nothing. */
const VALID_MS = 60_000
const PATH = '/open/'
const CODE_BYTES = 18

/**
 * Hands the token to a browser that we start, without putting it on a command line, which every local user can
 * read: the browser gets a path that works once and redirects to the address with the token.
 */
export interface Handover {
  /** The path of a fresh code. */
  issue(): string
  /** True once, and only in time, for a path that was issued. */
  redeem(path: string): boolean
}

export function createHandover(nowMs: () => number = () => performance.now()): Handover {
  const codes = new Map<string, number>()
  return {
    issue() {
      const path = `${PATH}${randomBytes(CODE_BYTES).toString('base64url')}`
      codes.set(path, nowMs() + VALID_MS)
      return path
    },
    redeem(path) {
      const until = codes.get(path)
      codes.delete(path)
      return until !== undefined && nowMs() <= until
    }
  }
}
