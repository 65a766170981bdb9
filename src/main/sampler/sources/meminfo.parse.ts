import type { Reading } from '../../../shared/model/reading.ts'
import type { MemInfo } from '../../../shared/model/snapshot.ts'
import { keyLines, uintOf } from '../../../shared/util/key-lines.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'

/** What /proc/meminfo lacked. Without these three nothing can be said about the machine's memory. */
export interface MemInfoError {
  readonly missing: readonly string[]
}

const KIB = 1024

/**
 * /proc/meminfo in bytes (the kernel writes kB and means KiB; HugePages_* are counts).
 *
 * A kernel before 4.20 has no Hugetlb line: it is then huge pages × their size, exact for the default size.
 */
export function parseMemInfo(bytes: Buffer): Result<MemInfo, MemInfoError> {
  const lines = keyLines(bytes.toString('latin1'))
  const count = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value
  }
  const size = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value * KIB
  }
  // In the kernel's order, which makes each search short.
  const memTotalBytes = size('MemTotal:')
  const memFreeBytes = size('MemFree:')
  const memAvailableBytes = size('MemAvailable:')
  if (
    typeof memTotalBytes !== 'number' ||
    typeof memFreeBytes !== 'number' ||
    typeof memAvailableBytes !== 'number'
  ) {
    const required = { MemTotal: memTotalBytes, MemFree: memFreeBytes, MemAvailable: memAvailableBytes }
    return err({
      missing: Object.entries(required).flatMap(([name, value]) => (value === 'unknown' ? [name] : []))
    })
  }
  const memory = {
    memTotalBytes,
    memFreeBytes,
    memAvailableBytes,
    buffersBytes: size('Buffers:'),
    cachedBytes: size('Cached:'),
    mlockedBytes: size('Mlocked:'),
    swapTotalBytes: size('SwapTotal:'),
    swapFreeBytes: size('SwapFree:'),
    dirtyBytes: size('Dirty:'),
    writebackBytes: size('Writeback:'),
    anonPagesBytes: size('AnonPages:'),
    shmemBytes: size('Shmem:'),
    slabReclaimableBytes: size('SReclaimable:'),
    slabUnreclaimableBytes: size('SUnreclaim:'),
    kernelStackBytes: size('KernelStack:'),
    pageTablesBytes: size('PageTables:'),
    secPageTablesBytes: size('SecPageTables:'),
    percpuBytes: size('Percpu:'),
    hugePagesTotal: count('HugePages_Total:'),
    hugePagesFree: count('HugePages_Free:'),
    hugePageSizeBytes: size('Hugepagesize:')
  }
  const hugetlbBytes = size('Hugetlb:')
  const { hugePagesTotal, hugePageSizeBytes } = memory
  const product =
    typeof hugePagesTotal === 'number' && typeof hugePageSizeBytes === 'number'
      ? hugePagesTotal * hugePageSizeBytes
      : 'unknown'
  return ok({ ...memory, hugetlbBytes: hugetlbBytes === 'unknown' ? product : hugetlbBytes })
}
