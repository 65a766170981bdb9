import type { Reading } from '../../../shared/model/reading.ts'
import type { VmStat } from '../../../shared/model/snapshot.ts'
import { keyLines, lineStart, uintAt, uintOf } from '../../../shared/util/key-lines.ts'

const STALL = 'allocstall'

/** One line per zone (one line in all before Linux 4.8), summed. */
function allocStalls(text: string): Reading {
  let sum: Reading = 'unknown'
  for (let at = lineStart(text, STALL, 0); at >= 0; at = lineStart(text, STALL, at + STALL.length)) {
    const blank = text.indexOf(' ', at)
    const value = blank < 0 ? -1 : uintAt(text, blank)
    if (value >= 0) sum = sum === 'unknown' ? value : sum + value
  }
  return sum
}

/**
 * Counters of /proc/vmstat; 'unknown' when the file has none of them.
 *
 * Before Linux 5.9 refaults were not told apart into anonymous and file pages: the one figure is then file pages,
 * as anonymous ones were not counted.
 */
export function parseVmStat(bytes: Buffer): VmStat | 'unknown' {
  const text = bytes.toString('latin1')
  const lines = keyLines(text)
  const count = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value
  }
  // In the kernel's order, which makes each search short.
  const fileRefaults = count('workingset_refault_file ')
  const vmStat = {
    fileRefaultPages: fileRefaults === 'unknown' ? count('workingset_refault ') : fileRefaults,
    swapInPages: count('pswpin '),
    swapOutPages: count('pswpout '),
    allocStalls: allocStalls(text),
    majorFaults: count('pgmajfault '),
    directScanPages: count('pgscan_direct '),
    oomKills: count('oom_kill ')
  }
  return Object.values(vmStat).every((value) => value === 'unknown') ? 'unknown' : vmStat
}
