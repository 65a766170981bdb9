import { atEnd, byteScan, readUint, skipLine, skipText } from '../../../shared/util/byte-scan.ts'

/** Time of all cores together since boot, in ticks, and the number of cores. */
export interface CpuTimes {
  readonly busyTicks: number
  readonly totalTicks: number
  readonly cores: number
}

/** user, nice, system, idle, iowait, irq, softirq, steal; guest time after them is in user already. */
const TIME_FIELDS = 8
const IDLE_FIELD = 3
const IOWAIT_FIELD = 4

/** The cpu lines of /proc/stat; 'unknown' without the first one. Waiting for a disk is idle. */
export function parseCpuTimes(bytes: Uint8Array): CpuTimes | 'unknown' {
  const scan = byteScan(bytes)
  if (!skipText(scan, 'cpu ')) return 'unknown'
  let busyTicks = 0
  let totalTicks = 0
  for (let field = 0; field < TIME_FIELDS; field++) {
    const ticks = readUint(scan)
    if (ticks < 0) {
      // Kernels before 2.6.11 have fewer columns; the first four are always there.
      if (field <= IDLE_FIELD) return 'unknown'
      break
    }
    totalTicks += ticks
    if (field !== IDLE_FIELD && field !== IOWAIT_FIELD) busyTicks += ticks
  }
  skipLine(scan)
  let cores = 0
  while (!atEnd(scan) && skipText(scan, 'cpu')) {
    if (readUint(scan) >= 0) cores++
    skipLine(scan)
  }
  return { busyTicks, totalTicks, cores }
}
