import { atEnd, readUint, skipLine, skipText, type ByteScan } from '../../shared/util/byte-scan.ts'

const KIB = 1024

/** The two figures of /proc/meminfo the guard decides by. */
export interface Memory {
  readonly totalBytes: number
  readonly availableBytes: number
}

/**
 * MemTotal and MemAvailable straight from the bytes; null where one is missing or cut off.
 *
 * Read up to 40 times a second, so no string is made of it.
 */
export function parseMemory(bytes: Uint8Array, length: number): Memory | null {
  const scan: ByteScan = { bytes, end: length, pos: 0 }
  let total = -1
  let available = -1
  while (!atEnd(scan) && (total < 0 || available < 0)) {
    if (skipText(scan, 'MemTotal:')) total = readUint(scan)
    else if (skipText(scan, 'MemAvailable:')) available = readUint(scan)
    skipLine(scan)
  }
  return total <= 0 || available < 0 ? null : { totalBytes: total * KIB, availableBytes: available * KIB }
}
