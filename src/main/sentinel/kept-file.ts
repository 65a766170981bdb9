import fs from 'node:fs'
import type { Disposable } from '../../shared/util/disposable.ts'

const FIRST_BUFFER_BYTES = 8 * 1024
/** A bound against a file that never ends; zoneinfo of hundreds of cores stays below. */
const MAX_BUFFER_BYTES = 1024 * 1024

/** A kernel file read again and again through one descriptor, into one buffer. */
export interface KeptFile extends Disposable {
  /** How many bytes of `bytes` are its content now; -1 where it cannot be read. Never throws. */
  read(): number
  /** Valid until the next read. */
  readonly bytes: Buffer
}

/**
 * Opens at once and keeps the descriptor: an open needs kernel memory, just when there is none.
 *
 * `whole`: the kernel makes the file in one piece (meminfo, pressure), so one read is all of it. A file that could
 * not be opened is tried again at each read; PSI that is compiled out costs one failed open.
 */
export function keptFile(path: string, whole: boolean): KeptFile {
  let fd = -1
  let bytes = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)

  const open = (): boolean => {
    try {
      fd = fs.openSync(path, 'r')
      return true
    } catch {
      return false
    }
  }
  const close = (): void => {
    if (fd < 0) return
    const closing = fd
    fd = -1
    try {
      fs.closeSync(closing)
    } catch {
      // The descriptor is gone either way.
    }
  }
  const readAll = (): number => {
    let length = 0
    for (;;) {
      if (length === bytes.length) {
        if (length >= MAX_BUFFER_BYTES) return length
        const larger = Buffer.allocUnsafeSlow(length * 2)
        bytes.copy(larger)
        bytes = larger
      }
      const count = fs.readSync(fd, bytes, length, bytes.length - length, length)
      length += count
      if (count === 0 || (whole && length < bytes.length)) return length
    }
  }

  open()
  return {
    get bytes() {
      return bytes
    },
    read() {
      if (fd < 0 && !open()) return -1
      try {
        return readAll()
      } catch {
        close()
        return -1
      }
    },
    dispose: close
  }
}
