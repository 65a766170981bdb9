import type { Reading } from '../../../shared/model/reading.ts'
import type { MemInfo } from '../../../shared/model/snapshot.ts'
import { atEnd, byteScan, readUint, skipLine, skipText, wordTable } from '../../../shared/util/byte-scan.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'

/** What /proc/meminfo lacked. Without these three nothing can be said about the machine's memory. */
export interface MemInfoError {
  readonly missing: readonly string[]
}

const FIELDS = [
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'Shmem',
  'AnonPages',
  'Mlocked',
  'SReclaimable',
  'SUnreclaim',
  'KernelStack',
  'PageTables',
  'SecPageTables',
  'Percpu',
  'Hugetlb',
  'HugePages_Total',
  'HugePages_Free',
  'Hugepagesize',
  'SwapTotal',
  'SwapFree',
  'Dirty',
  'Writeback'
] as const
const REQUIRED_FIELDS = 3
const KIB = 1024
const COLON = 58
const table = wordTable(FIELDS, COLON)

/**
 * /proc/meminfo in bytes (the kernel writes kB and means KiB; HugePages_* are counts).
 *
 * A kernel before 4.20 has no Hugetlb line: it is then huge pages × their size, exact for the default size.
 */
export function parseMemInfo(bytes: Uint8Array): Result<MemInfo, MemInfoError> {
  const values = Array.from<Reading>({ length: FIELDS.length }).fill('unknown')
  const scan = byteScan(bytes)
  while (!atEnd(scan)) {
    const field = table.match(scan)
    if (field >= 0 && skipText(scan, ':')) {
      const value = readUint(scan)
      if (value >= 0) values[field] = skipText(scan, ' kB') ? value * KIB : value
    }
    skipLine(scan)
  }
  const [total, free, available] = values
  if (typeof total !== 'number' || typeof free !== 'number' || typeof available !== 'number') {
    return err({ missing: FIELDS.slice(0, REQUIRED_FIELDS).filter((_, i) => values[i] === 'unknown') })
  }
  const at = (field: (typeof FIELDS)[number]): Reading => values[FIELDS.indexOf(field)] ?? 'unknown'
  const hugePages = at('HugePages_Total')
  const hugePageSize = at('Hugepagesize')
  const hugetlb = at('Hugetlb')
  const hugeProduct =
    typeof hugePages === 'number' && typeof hugePageSize === 'number' ? hugePages * hugePageSize : 'unknown'
  return ok({
    memTotalBytes: total,
    memFreeBytes: free,
    memAvailableBytes: available,
    buffersBytes: at('Buffers'),
    cachedBytes: at('Cached'),
    shmemBytes: at('Shmem'),
    anonPagesBytes: at('AnonPages'),
    mlockedBytes: at('Mlocked'),
    slabReclaimableBytes: at('SReclaimable'),
    slabUnreclaimableBytes: at('SUnreclaim'),
    kernelStackBytes: at('KernelStack'),
    pageTablesBytes: at('PageTables'),
    secPageTablesBytes: at('SecPageTables'),
    percpuBytes: at('Percpu'),
    hugetlbBytes: hugetlb === 'unknown' ? hugeProduct : hugetlb,
    hugePagesTotal: hugePages,
    hugePagesFree: at('HugePages_Free'),
    hugePageSizeBytes: hugePageSize,
    swapTotalBytes: at('SwapTotal'),
    swapFreeBytes: at('SwapFree'),
    dirtyBytes: at('Dirty'),
    writebackBytes: at('Writeback')
  })
}
