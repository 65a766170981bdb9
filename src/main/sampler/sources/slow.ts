import type { Reading } from '../../../shared/model/reading.ts'
import type { BuddyInfo, CpuLoad, ProcessInfo, Rates } from '../../../shared/model/snapshot.ts'
import { disposeAll, type Disposable } from '../../../shared/util/disposable.ts'
import { parseBuddyInfo } from './buddyinfo.parse.ts'
import { parseCpuTimes, type CpuTimes } from './cpu.parse.ts'
import { parseDiskStats } from './disk.parse.ts'
import { keptSource } from './kept-source.ts'
import { parseNetDev } from './net.parse.ts'
import { processTable } from './process-table.ts'
import { rateTracker } from './rates.ts'
import { thermalSource } from './thermal.ts'

/** Silicon does not warm faster, and some firmware takes milliseconds to answer. */
const THERMAL_INTERVAL_MS = 2_000

/** A device's or zone's line with all its numbers at 20 digits. */
const LINES = { longestLineBytes: 512 } as const

/** What is read once a second at most. */
export interface SlowReading {
  readonly buddy: BuddyInfo | 'unknown'
  readonly processes: readonly ProcessInfo[]
  readonly cpu: CpuLoad
  readonly temperatureC: Reading
  readonly rates: Rates
}

export interface SlowSources extends Disposable {
  /** `watched`: processes whose figures must be fresh whatever their size (they hold GPU memory). */
  read(watched: ReadonlySet<number>, monotonicMs: number): SlowReading
}

/** Busy share between two readings of /proc/stat, 0..100. */
function busyPct(before: CpuTimes | 'unknown', now: CpuTimes | 'unknown'): Reading {
  if (before === 'unknown' || now === 'unknown') return 'unknown'
  const total = now.totalTicks - before.totalTicks
  const busy = now.busyTicks - before.busyTicks
  // iowait may go back by a little; a core taken offline takes its ticks along.
  if (total <= 0 || busy < 0) return 'unknown'
  return Math.min(100, (100 * busy) / total)
}

export function slowSources(procRoot: string, sysRoot: string, pageSizeBytes: number): SlowSources {
  const buddy = keptSource(`${procRoot}/buddyinfo`, parseBuddyInfo, LINES)
  const cpuTimes = keptSource(`${procRoot}/stat`, parseCpuTimes, { wholeAtOnce: true })
  const net = keptSource(`${procRoot}/net/dev`, parseNetDev, LINES)
  const disk = keptSource(`${procRoot}/diskstats`, parseDiskStats, LINES)
  const thermal = thermalSource(sysRoot)
  const table = processTable(procRoot, pageSizeBytes)
  const netRates = rateTracker()
  const diskRates = rateTracker()
  let cpuBefore: CpuTimes | 'unknown' = 'unknown'
  let temperatureC: Reading = 'unknown'
  let thermalDueMs = Number.NEGATIVE_INFINITY

  const readCpu = (): CpuLoad => {
    const now = cpuTimes.read()
    const load = { busyPct: busyPct(cpuBefore, now), cores: now === 'unknown' ? 0 : now.cores }
    cpuBefore = now
    return load
  }

  const readRates = (monotonicMs: number): Rates => {
    const interfaces = net.read()
    const disks = disk.read()
    const network = netRates(
      interfaces === 'unknown'
        ? []
        : interfaces.map(({ name, receivedBytes, sentBytes }) => ({
            name,
            first: receivedBytes,
            second: sentBytes
          })),
      monotonicMs
    )
    const storage = diskRates(
      disks === 'unknown'
        ? []
        : disks.map(({ name, readBytes, writtenBytes }) => ({
            name,
            first: readBytes,
            second: writtenBytes
          })),
      monotonicMs
    )
    return {
      networkReceiveBytesPerS: network.firstPerS,
      networkSendBytesPerS: network.secondPerS,
      diskReadBytesPerS: storage.firstPerS,
      diskWriteBytesPerS: storage.secondPerS
    }
  }

  return {
    read(watched, monotonicMs) {
      if (monotonicMs >= thermalDueMs) {
        thermalDueMs = monotonicMs + THERMAL_INTERVAL_MS
        temperatureC = thermal.read()
      }
      return {
        buddy: buddy.read(),
        processes: table.scan(watched),
        cpu: readCpu(),
        temperatureC,
        rates: readRates(monotonicMs)
      }
    },
    dispose: () => disposeAll([buddy, cpuTimes, net, disk, thermal, table])
  }
}
