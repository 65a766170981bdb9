import fs from 'node:fs'
import type { Disposable } from '../../../shared/util/disposable.ts'

/** A small kernel file that is read again and again through one descriptor. */
export interface KeptFile extends Disposable {
  /** Its bytes now, valid until the next call; 'unknown' when it cannot be read. Never throws. */
  read(): Buffer | 'unknown'
}

const FIRST_BUFFER_BYTES = 8 * 1024
/** A bound against a file that never ends; the largest here (zoneinfo, hundreds of cores) stays below. */
const MAX_BUFFER_BYTES = 1024 * 1024
/** A file that could not be opened is tried again at every 30th read: PSI that is compiled out stays so. */
const RETRY_EVERY_READS = 30

/**
 * Opens at the first read; a descriptor that fails is opened anew.
 *
 * Reading goes on until the kernel says 'end': its sequence files hand out a page at a time. `wholeAtOnce` saves
 * that last call for files made in one piece (meminfo, pressure, stat).
 */
export function keptFile(path: string, options: { readonly wholeAtOnce?: boolean } = {}): KeptFile {
  let fd: number | null = null
  let buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)
  let readsToSkip = 0
  let disposed = false

  const close = (): void => {
    if (fd === null) return
    const closing = fd
    fd = null
    try {
      fs.closeSync(closing)
    } catch {
      // The descriptor is gone either way.
    }
  }

  const readAll = (open: number): number => {
    let length = 0
    for (;;) {
      if (length === buffer.length) {
        if (buffer.length >= MAX_BUFFER_BYTES) return length
        const larger = Buffer.allocUnsafeSlow(buffer.length * 2)
        buffer.copy(larger)
        buffer = larger
      }
      const count = fs.readSync(open, buffer, length, buffer.length - length, length)
      length += count
      if (count === 0 || (options.wholeAtOnce === true && length < buffer.length)) return length
    }
  }

  const attempt = (): Buffer | 'unknown' => {
    try {
      fd ??= fs.openSync(path, 'r')
      return buffer.subarray(0, readAll(fd))
    } catch {
      close()
      return 'unknown'
    }
  }

  return {
    read() {
      if (disposed) return 'unknown'
      if (readsToSkip > 0) {
        readsToSkip--
        return 'unknown'
      }
      const wasOpen = fd !== null
      let bytes = attempt()
      if (bytes === 'unknown' && wasOpen) bytes = attempt()
      if (bytes === 'unknown') readsToSkip = RETRY_EVERY_READS - 1
      return bytes
    },
    dispose() {
      disposed = true
      close()
    }
  }
}
