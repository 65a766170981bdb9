import type { Reading } from '../../../shared/model/reading.ts'
import type { VmStat } from '../../../shared/model/snapshot.ts'
import { atEnd, byteScan, readUint, skipLine, skipText, wordTable } from '../../../shared/util/byte-scan.ts'

const FIELDS = [
  'pgmajfault',
  'pswpin',
  'pswpout',
  'pgscan_direct',
  'workingset_refault_file',
  'oom_kill',
  'workingset_refault'
] as const
const table = wordTable(FIELDS)

/**
 * Counters of /proc/vmstat; 'unknown' when the file has none of them.
 *
 * Stalls are one line per zone (one line in all before Linux 4.8). Before 5.9 refaults were not told apart into
 * anonymous and file pages: then they are file pages, as anonymous ones were not counted.
 */
export function parseVmStat(bytes: Uint8Array): VmStat | 'unknown' {
  const values = Array.from<Reading>({ length: FIELDS.length }).fill('unknown')
  let allocStalls: Reading = 'unknown'
  const scan = byteScan(bytes)
  while (!atEnd(scan)) {
    if (skipText(scan, 'allocstall')) {
      table.match(scan)
      const value = readUint(scan)
      if (value >= 0) allocStalls = allocStalls === 'unknown' ? value : allocStalls + value
    } else {
      const field = table.match(scan)
      const value = field >= 0 ? readUint(scan) : -1
      if (value >= 0) values[field] = value
    }
    skipLine(scan)
  }
  const [majorFaults, swapInPages, swapOutPages, directScanPages, fileRefaults, oomKills, refaults] = values
  if (allocStalls === 'unknown' && values.every((value) => value === 'unknown')) return 'unknown'
  return {
    majorFaults: majorFaults ?? 'unknown',
    swapInPages: swapInPages ?? 'unknown',
    swapOutPages: swapOutPages ?? 'unknown',
    allocStalls,
    directScanPages: directScanPages ?? 'unknown',
    fileRefaultPages: (fileRefaults === 'unknown' ? refaults : fileRefaults) ?? 'unknown',
    oomKills: oomKills ?? 'unknown'
  }
}
