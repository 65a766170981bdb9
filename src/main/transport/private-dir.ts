import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'

const OWNER_ONLY = 0o700
const WRITABLE_BY_OTHERS = 0o022
const PERMISSION_BITS = 0o777

/**
 * Why this folder cannot hold a user's sockets and tokens, or null.
 *
 * Whoever can write to it can stand in for the core. Throws what lstat throws (ENOENT: it does not exist).
 */
export function distrust(path: string): string | null {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return 'it is not a folder'
  if (stat.uid !== process.getuid?.()) return 'it belongs to another user'
  if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) return 'other users may write to it'
  return null
}

/** Creates the runtime folder 0700; refuses one that somebody else could have prepared. */
export function preparePrivateDir(path: string): Result<void, ContractError> {
  try {
    mkdirSync(path, { recursive: true, mode: OWNER_ONLY })
    const reason = distrust(path)
    if (reason !== null) {
      return err({
        code: 'refused',
        message: `${path} cannot be used for Firebreak's socket: ${reason}. Remove it, or set FIREBREAK_RUNTIME_DIR to a folder of your own.`
      })
    }
    // The umask may have taken more than asked, an older folder may allow reading.
    if ((lstatSync(path).mode & PERMISSION_BITS) !== OWNER_ONLY) chmodSync(path, OWNER_ONLY)
    return ok(undefined)
  } catch (error) {
    return err({
      code: 'refused',
      message: `${path} cannot be created: ${words(error)}. Set FIREBREAK_RUNTIME_DIR to a folder of your own.`
    })
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error))
