import fs from 'node:fs'
import type { GuardReading } from '../../shared/model/guard.ts'
import type { Reading } from '../../shared/model/reading.ts'
import { disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import {
  NO_STALLS,
  NO_STRAIN,
  parseLargestBlockPages,
  parsePerCpuPages,
  parseStalls,
  parseStrain,
  type Strain
} from './counters.ts'
import { keptFile } from './kept-file.ts'
import { parseMemory } from './meminfo.ts'

/**
 * How old the costlier files may be: zoneinfo 29 µs, vmstat 12 µs and buddyinfo 4 µs on 2 CPUs, the first growing
 * with the CPUs; meminfo and pressure (7 and 3 µs) are read each time. 250 ms: the guard's shortest window.
 */
const SLOW_EVERY_MS = 250
const FALLBACK_PAGE_BYTES = 4096
/** elf.h: the entry of the auxiliary vector that holds the page size. */
const AT_PAGESZ = 6n
const AUXV_ENTRY_BYTES = 16

/** The machine's memory now, through descriptors that are always open. */
export interface Readings extends Disposable {
  /** null: memory cannot be read. `fresh`: the costlier files too, as just before an act. */
  take(nowMs: number, fresh?: boolean): GuardReading | null
}

/** The kernel's page size, from the auxiliary vector; arm64 kernels may use 64 KiB. */
function pageSizeBytes(): number {
  try {
    const auxv = fs.readFileSync('/proc/self/auxv')
    for (let at = 0; at + AUXV_ENTRY_BYTES <= auxv.length; at += AUXV_ENTRY_BYTES) {
      if (auxv.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxv.readBigUInt64LE(at + 8))
    }
  } catch {
    // No such file: not Linux as we know it.
  }
  return FALLBACK_PAGE_BYTES
}

export function createReadings(procRoot: string): Readings {
  const pageBytes = pageSizeBytes()
  const meminfo = keptFile(`${procRoot}/meminfo`, true)
  const pressure = keptFile(`${procRoot}/pressure/memory`, true)
  const zoneinfo = keptFile(`${procRoot}/zoneinfo`, false)
  const vmstat = keptFile(`${procRoot}/vmstat`, false)
  const buddyinfo = keptFile(`${procRoot}/buddyinfo`, false)
  let slowAtMs = Number.NEGATIVE_INFINITY
  let perCpuBytes = 0
  let strain: Strain = NO_STRAIN
  let largestFreeBlockBytes: Reading = 'unknown'

  const pagesInBytes = (pages: Reading): Reading => (typeof pages === 'number' ? pages * pageBytes : pages)
  const readSlow = (): void => {
    const zones = zoneinfo.read()
    const perCpu = zones < 0 ? 'unknown' : pagesInBytes(parsePerCpuPages(zoneinfo.bytes, zones))
    // Not known: MemAvailable alone, which is the lower figure.
    perCpuBytes = typeof perCpu === 'number' ? perCpu : 0
    const counters = vmstat.read()
    strain = counters < 0 ? NO_STRAIN : parseStrain(vmstat.bytes, counters)
    const blocks = buddyinfo.read()
    largestFreeBlockBytes =
      blocks < 0 ? 'unknown' : pagesInBytes(parseLargestBlockPages(buddyinfo.bytes, blocks))
  }

  return {
    take(nowMs, fresh = false) {
      const length = meminfo.read()
      const memory = length < 0 ? null : parseMemory(meminfo.bytes, length)
      if (memory === null) return null
      const stallLength = pressure.read()
      const stalls = stallLength < 0 ? NO_STALLS : parseStalls(pressure.bytes, stallLength)
      if (fresh || nowMs - slowAtMs >= SLOW_EVERY_MS) {
        slowAtMs = nowMs
        readSlow()
      }
      return {
        monotonicMs: nowMs,
        memTotalBytes: memory.totalBytes,
        availableBytes: Math.min(memory.totalBytes, memory.availableBytes + perCpuBytes),
        stallSomeUs: stalls.someUs,
        stallFullUs: stalls.fullUs,
        ...strain,
        largestFreeBlockBytes
      }
    },
    dispose: () => disposeAll([meminfo, pressure, zoneinfo, vmstat, buddyinfo])
  }
}
