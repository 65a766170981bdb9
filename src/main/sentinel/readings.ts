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
  type Stalls,
  type Strain
} from './counters.ts'
import { keptFile } from './kept-file.ts'
import { parseMemory } from './meminfo.ts'

/**
 * How old all but meminfo may be. zoneinfo takes 29 µs, vmstat 12 µs, buddyinfo 4 µs and pressure 3 µs on 2 CPUs, the
 * first growing with the CPUs; meminfo takes 7 µs and is read each time. Near: the guard's shortest window; calm:
 * what they tell is of use only when memory is short.
 */
const OLD_NEAR_MS = 200
const OLD_CALM_MS = 1_000
/**
 * An old figure of the per-CPU lists is wrong by at most what they held. Above this share of all memory it is read
 * each time: since Linux 6.7 they may hold an eighth of it, and programs take from there first, so that a fall would
 * be a staircase.
 */
const PER_CPU_SHARE = 1 / 512
/** With so much room that looks are far apart, a larger error does no harm. */
const PER_CPU_SHARE_FAR = 1 / 16
const FALLBACK_PAGE_BYTES = 4096
/** elf.h: the entry of the auxiliary vector that holds the page size. */
const AT_PAGESZ = 6n
const AUXV_ENTRY_BYTES = 16

/** 'far': the reserve is; 'calm': nothing falls; 'near': something does; 'fresh': every file now, as just before an act. */
export type Need = 'far' | 'calm' | 'near' | 'fresh'

/** The machine's memory now, through descriptors that are always open. */
export interface Readings extends Disposable {
  /** null: memory cannot be read. */
  take(nowMs: number, need: Need): GuardReading | null
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
  let stalls: Stalls = NO_STALLS
  let strain: Strain = NO_STRAIN
  let largestFreeBlockBytes: Reading = 'unknown'

  const pagesInBytes = (pages: Reading): Reading => (typeof pages === 'number' ? pages * pageBytes : pages)
  const readPerCpu = (): void => {
    const zones = zoneinfo.read()
    const perCpu = zones < 0 ? 'unknown' : pagesInBytes(parsePerCpuPages(zoneinfo.bytes, zones))
    // Not known: MemAvailable alone, which is the lower figure.
    perCpuBytes = typeof perCpu === 'number' ? perCpu : 0
  }
  const readSlow = (): void => {
    const pressures = pressure.read()
    stalls = pressures < 0 ? NO_STALLS : parseStalls(pressure.bytes, pressures)
    const counters = vmstat.read()
    strain = counters < 0 ? NO_STRAIN : parseStrain(vmstat.bytes, counters)
    const blocks = buddyinfo.read()
    largestFreeBlockBytes =
      blocks < 0 ? 'unknown' : pagesInBytes(parseLargestBlockPages(buddyinfo.bytes, blocks))
  }

  return {
    take(nowMs, need) {
      const length = meminfo.read()
      const memory = length < 0 ? null : parseMemory(meminfo.bytes, length)
      if (memory === null) return null
      const oldMs = need === 'near' ? OLD_NEAR_MS : OLD_CALM_MS
      const isOld = need === 'fresh' || nowMs - slowAtMs >= oldMs
      const share = need === 'far' ? PER_CPU_SHARE_FAR : PER_CPU_SHARE
      if (isOld || perCpuBytes > memory.totalBytes * share) readPerCpu()
      if (isOld) {
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
