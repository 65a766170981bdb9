import type { Reading } from '../../shared/model/reading.ts'
import {
  atEnd,
  readUint,
  skipBlanks,
  skipLine,
  skipText,
  skipWord,
  type ByteScan
} from '../../shared/util/byte-scan.ts'
import { keyLines, lineStart, uintAt, uintOf } from '../../shared/util/key-lines.ts'

/** Memory stalls since boot, µs. */
export interface Stalls {
  readonly someUs: Reading
  readonly fullUs: Reading
}

export const NO_STALLS: Stalls = { someUs: 'unknown', fullUs: 'unknown' }

/** /proc/pressure/memory: the totals of its two lines. */
export function parseStalls(bytes: Uint8Array, length: number): Stalls {
  const scan: ByteScan = { bytes, end: length, pos: 0 }
  let someUs: Reading = 'unknown'
  let fullUs: Reading = 'unknown'
  while (!atEnd(scan)) {
    const some = skipText(scan, 'some')
    const full = !some && skipText(scan, 'full')
    // avg10=, avg60=, avg300=
    for (let word = 0; word < 3; word++) {
      skipBlanks(scan)
      skipWord(scan)
    }
    skipBlanks(scan)
    const total = skipText(scan, 'total=') ? readUint(scan) : -1
    if (total >= 0 && some) someUs = total
    if (total >= 0 && full) fullUs = total
    skipLine(scan)
  }
  return { someUs, fullUs }
}

/** Signs of strain since boot. */
export interface Strain {
  readonly majorFaults: Reading
  readonly swapOutPages: Reading
  readonly allocStalls: Reading
}

export const NO_STRAIN: Strain = { majorFaults: 'unknown', swapOutPages: 'unknown', allocStalls: 'unknown' }

/** The counters of /proc/vmstat that tell strain; allocation stalls are summed over zones. */
export function parseStrain(bytes: Buffer, length: number): Strain {
  const text = bytes.toString('latin1', 0, length)
  const lines = keyLines(text)
  const count = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value
  }
  let allocStalls: Reading = 'unknown'
  const stall = 'allocstall'
  for (let at = lineStart(text, stall, 0); at >= 0; at = lineStart(text, stall, at + stall.length)) {
    const blank = text.indexOf(' ', at)
    const value = blank < 0 ? -1 : uintAt(text, blank)
    if (value >= 0) allocStalls = (allocStalls === 'unknown' ? 0 : allocStalls) + value
  }
  return { swapOutPages: count('pswpout '), majorFaults: count('pgmajfault '), allocStalls }
}

/** Free pages in per-CPU lists: the sum of the pagesets' `count` in /proc/zoneinfo; 'unknown' without pagesets. */
export function parsePerCpuPages(bytes: Buffer, length: number): Reading {
  const text = bytes.toString('latin1', 0, length)
  const key = ' count:'
  const first = text.indexOf('  pagesets\n')
  if (first < 0) return 'unknown'
  let pages = 0
  for (let at = text.indexOf(key, first); at >= 0; at = text.indexOf(key, at + key.length)) {
    pages += Math.max(0, uintAt(text, at + key.length))
  }
  return pages
}

/** The largest order of /proc/buddyinfo with a free block, in pages; 'unknown' without a zone, 0 where none is free. */
export function parseLargestBlockPages(bytes: Uint8Array, length: number): Reading {
  const scan: ByteScan = { bytes, end: length, pos: 0 }
  let largest = -1
  let zones = 0
  while (!atEnd(scan)) {
    if (skipText(scan, 'Node ') && readUint(scan) >= 0 && skipText(scan, ', zone')) {
      zones++
      skipBlanks(scan)
      skipWord(scan)
      for (let order = 0, blocks = readUint(scan); blocks >= 0; order++, blocks = readUint(scan)) {
        if (blocks > 0 && order > largest) largest = order
      }
    }
    skipLine(scan)
  }
  if (zones === 0) return 'unknown'
  return largest < 0 ? 0 : 2 ** largest
}
