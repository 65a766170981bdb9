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

/** How a file's end is known. */
export interface KeptFileShape {
  /** The kernel makes it in one piece (meminfo, pressure, stat): a read that does not fill the buffer is all. */
  readonly wholeAtOnce?: boolean
  /**
   * It is made line by line, none longer than this. The kernel stops where the next line does not fit its page,
   * so a read that leaves more than a line free is the last. Saves a read that would make the file once more.
   */
  readonly longestLineBytes?: number
}

/** The smallest buffer the kernel fills before it hands out a part of a file made line by line. */
const KERNEL_PAGE_BYTES = 4096

/**
 * Opens at the first read; a descriptor that fails is opened anew. Reading goes on until the kernel says 'end',
 * or its end is known by its shape.
 */
export function keptFile(path: string, shape: KeptFileShape = {}): KeptFile {
  const lastBelowBytes = shape.wholeAtOnce
    ? Number.POSITIVE_INFINITY
    : shape.longestLineBytes === undefined
      ? 1
      : KERNEL_PAGE_BYTES - shape.longestLineBytes
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
      if (count < lastBelowBytes && length < buffer.length) return length
    }
  }

  const attempt = (): Buffer | 'unknown' => {
    try {
      fd ??= fs.openSync(path, 'r')
      const length = readAll(fd)
      return buffer.subarray(0, length)
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
