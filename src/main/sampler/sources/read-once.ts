import fs from 'node:fs'

/** Enough for stat and status (1.5 KiB) and cgroup; a longer command line is cut. */
const BUFFER_BYTES = 8 * 1024
const shared = Buffer.allocUnsafeSlow(BUFFER_BYTES)

/**
 * A file's first 8 KiB, valid until the next call; 'unknown' when it cannot be read (the process has ended, or
 * is another user's). One read is whole: the kernel makes these files in one piece.
 */
export function readOnce(path: string): Buffer | 'unknown' {
  let fd: number
  try {
    fd = fs.openSync(path, 'r')
  } catch {
    return 'unknown'
  }
  try {
    return shared.subarray(0, fs.readSync(fd, shared, 0, BUFFER_BYTES, 0))
  } catch {
    return 'unknown'
  } finally {
    fs.closeSync(fd)
  }
}

/** As readOnce, from a descriptor that stays open. */
export function readDescriptor(fd: number): Buffer | 'unknown' {
  try {
    return shared.subarray(0, fs.readSync(fd, shared, 0, BUFFER_BYTES, 0))
  } catch {
    return 'unknown'
  }
}

/** A file of any length, to its end. */
export function readWhole(path: string): Buffer | 'unknown' {
  try {
    return fs.readFileSync(path)
  } catch {
    return 'unknown'
  }
}
