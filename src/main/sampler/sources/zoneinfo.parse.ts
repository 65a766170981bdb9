import type { Reading } from '../../../shared/model/reading.ts'
import { uintAt } from '../../../shared/util/key-lines.ts'

const PAGESETS = '  pagesets\n'
const COUNT = ' count:'

/**
 * Free pages in per-CPU lists: the sum of the pagesets' `count` in /proc/zoneinfo. 'unknown' without pagesets.
 *
 * No meminfo field has them, though they are free: after a big process ends, gigabytes can sit there for seconds.
 */
export function parsePerCpuFreePages(bytes: Buffer): Reading {
  const text = bytes.toString('latin1')
  const first = text.indexOf(PAGESETS)
  if (first < 0) return 'unknown'
  let pages = 0
  for (let at = text.indexOf(COUNT, first); at >= 0; at = text.indexOf(COUNT, at + COUNT.length)) {
    pages += Math.max(0, uintAt(text, at + COUNT.length))
  }
  return pages
}
