import {
  chmodSync,
  closeSync,
  copyFileSync,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'
import type { LogPiece } from './types.ts'

/** A runner's log takes at most twice this on disk (the file and one '.1'). Days of normal serving. */
export const MAX_LOG_BYTES = 8_388_608
/** Logs may hold prompts. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/**
 * A runner's output on disk. The runner writes by itself with O_APPEND, so it needs nobody to read it and outlives
 * Firebreak; it is rotated by copying and truncating, because its descriptor cannot be taken from it.
 *
 * Offsets count all bytes since this core first saw the file: they go on past a rotation.
 */
export interface LogFile {
  readonly path: string
  /** Appends a line of our own and returns a descriptor for the runner's stdout and stderr; the caller closes it. */
  openForRunner(headline: string): number
  /** Offset of the end. */
  endOffset(): number
  /** Text from `offset` (null = the last `maxBytes`), never splitting a character. */
  read(offset: number | null, maxBytes: number): LogPiece
  /** Truncates a file that has grown too large, keeping the old text as '.1'; why it could not be kept, or null. */
  rotateIfLarge(): string | null
  /** The runner writes to a file that is no longer there under this name. */
  isRemoved(): boolean
}

export function openLogFile(path: string): LogFile {
  let base = 0
  /** Of the file that a runner writes to; null before there is one. */
  let inode = statSync(path, { throwIfNoEntry: false })?.ino ?? null
  const size = (): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return {
    path,
    openForRunner(headline) {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
      const fd = openSync(path, 'a', FILE_MODE)
      try {
        const stat = fstatSync(fd)
        if (stat.isFile()) fchmodSync(fd, FILE_MODE)
        inode = stat.ino
        writeSync(fd, `${headline}\n`)
      } catch (error) {
        closeSync(fd)
        throw error
      }
      return fd
    },
    endOffset: () => base + size(),
    read(offset, maxBytes) {
      const end = size()
      const from = offset === null ? end - maxBytes : offset - base
      // Before the last rotation, or from an earlier core: start with what there is.
      const start = from < 0 || from > end ? Math.max(0, offset === null ? from : 0) : from
      const { text, bytes } = readText(path, start, Math.min(maxBytes, end - start))
      return { text, fromOffset: base + start, nextOffset: base + start + bytes }
    },
    rotateIfLarge() {
      const grown = size()
      if (grown < MAX_LOG_BYTES) return null
      let problem: string | null = null
      try {
        copyFileSync(path, `${path}.1`)
        chmodSync(`${path}.1`, FILE_MODE)
      } catch (error) {
        // On a full disk the old text must go all the same, or the log fills it to the last byte.
        problem = error instanceof Error ? error.message : String(error)
        dropQuietly(`${path}.1`)
      }
      truncateSync(path, 0)
      base += grown
      return problem
    },
    isRemoved() {
      const now = statSync(path, { throwIfNoEntry: false })
      return inode !== null && now?.ino !== inode
    }
  }
}

function readText(path: string, start: number, length: number): { text: string; bytes: number } {
  if (length <= 0) return { text: '', bytes: 0 }
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return { text: '', bytes: 0 }
  }
  try {
    const buffer = Buffer.allocUnsafe(Math.min(length, fstatSync(fd).size))
    const got = readSync(fd, buffer, 0, buffer.length, start)
    const bytes = wholeCharacters(buffer.subarray(0, got))
    return { text: buffer.toString('utf8', 0, bytes), bytes }
  } finally {
    closeSync(fd)
  }
}

/** Length without a UTF-8 character that is cut at the end; all of it where it is no UTF-8 anyway. */
export function wholeCharacters(buffer: Buffer): number {
  for (let back = 1; back <= Math.min(4, buffer.length); back += 1) {
    const byte = buffer[buffer.length - back] ?? 0
    if (byte < 0x80) return buffer.length
    if (byte >= 0xc0) {
      const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return needs > back && back < buffer.length ? buffer.length - back : buffer.length
    }
  }
  return buffer.length
}

/** Half a copy takes room and tells nothing. */
function dropQuietly(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // it is no file, or the folder may not be changed: the log itself is cut all the same
  }
}
