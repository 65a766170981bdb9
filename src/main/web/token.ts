import { randomBytes, timingSafeEqual, createHash } from 'node:crypto'
import { linkSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** 256 bits: nothing to guess. */
const TOKEN_BYTES = 32
const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** In the runtime folder, which ends with the user's last session, and so does the token. */
export const tokenPath = (runtimeDir: string): string => join(runtimeDir, 'web.token')

/**
 * This user's token, made on first use and kept, so that a bookmark and an SSH tunnel outlive a restart.
 *
 * A file that others could have read or that holds no token is replaced. Throws what the file system says.
 */
export function loadToken(runtimeDir: string): string {
  const path = tokenPath(runtimeDir)
  const kept = readToken(path)
  if (kept !== null) return kept
  rmSync(path, { force: true })
  const beside = `${path}.${process.pid}.tmp`
  rmSync(beside, { force: true })
  writeFileSync(beside, randomBytes(TOKEN_BYTES).toString('base64url'), { flag: 'wx', mode: OWNER_ONLY })
  try {
    // link() fails where rename() would replace: whoever comes second uses the first one's token.
    linkSync(beside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(beside, { force: true })
  }
  const token = readToken(path)
  if (token === null) throw new Error(`${path} does not hold a token`)
  return token
}

function readToken(path: string): string | null {
  try {
    const stat = lstatSync(path)
    if (!stat.isFile() || stat.uid !== process.getuid?.() || (stat.mode & OTHERS) !== 0) return null
    const token = readFileSync(path, 'utf8').trim()
    return TOKEN_SHAPE.test(token) ? token : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Compares digests, which have one length, in constant time: nothing can be learnt from how long it takes. */
export function sameToken(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
