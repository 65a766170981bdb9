import type { Reading } from '../../../shared/model/reading.ts'
import { byteScan, readUint } from '../../../shared/util/byte-scan.ts'

const PAGESETS = Buffer.from('pagesets\n')
const COUNT = Buffer.from(' count:')

/**
 * Free pages in per-CPU lists: the sum of the pagesets' `count` in /proc/zoneinfo. 'unknown' without pagesets.
 *
 * No meminfo field has them, though they are free: after a big process ends, gigabytes can sit there for seconds.
 */
export function parsePerCpuFreePages(bytes: Buffer): Reading {
  const first = bytes.indexOf(PAGESETS)
  if (first < 0) return 'unknown'
  const scan = byteScan(bytes)
  let pages = 0
  for (let at = bytes.indexOf(COUNT, first); at >= 0; at = bytes.indexOf(COUNT, scan.pos)) {
    scan.pos = at + COUNT.length
    const count = readUint(scan)
    if (count > 0) pages += count
  }
  return pages
}
