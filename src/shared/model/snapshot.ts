import type { GpuSnapshot } from './gpu.ts'
import type { Reading } from './reading.ts'

/** /proc/meminfo in bytes. The first three are required; a kernel that lacks another reports 'unknown'. */
export interface MemInfo {
  readonly memTotalBytes: number
  readonly memFreeBytes: number
  readonly memAvailableBytes: number
  readonly buffersBytes: Reading
  readonly cachedBytes: Reading
  readonly shmemBytes: Reading
  readonly anonPagesBytes: Reading
  readonly mlockedBytes: Reading
  readonly slabReclaimableBytes: Reading
  readonly slabUnreclaimableBytes: Reading
  readonly kernelStackBytes: Reading
  readonly pageTablesBytes: Reading
  readonly secPageTablesBytes: Reading
  readonly percpuBytes: Reading
  /** All huge pages of all sizes, used or not: hugetlb takes them away from everyone else. */
  readonly hugetlbBytes: Reading
  readonly hugePagesTotal: Reading
  readonly hugePagesFree: Reading
  readonly hugePageSizeBytes: Reading
  readonly swapTotalBytes: Reading
  readonly swapFreeBytes: Reading
  readonly dirtyBytes: Reading
  readonly writebackBytes: Reading
}

/** One line of a PSI file: share of wall time in which tasks waited, in per cent; total in microseconds. */
export interface PressureLine {
  readonly avg10Pct: number
  readonly avg60Pct: number
  readonly avg300Pct: number
  readonly totalUs: number
}

/** Pressure stall information; `full` is missing for cpu before Linux 5.13. */
export interface Pressure {
  readonly some: PressureLine
  readonly full: PressureLine | 'unknown'
}

export interface Pressures {
  readonly memory: Pressure | 'unknown'
  readonly cpu: Pressure | 'unknown'
  readonly io: Pressure | 'unknown'
}

/** Counters of /proc/vmstat since boot that tell about memory trouble. */
export interface VmStat {
  readonly majorFaults: Reading
  readonly swapInPages: Reading
  readonly swapOutPages: Reading
  /** Sum over zones of allocstall_*: direct reclaim entered by an allocating task. */
  readonly allocStalls: Reading
  readonly directScanPages: Reading
  readonly fileRefaultPages: Reading
  readonly oomKills: Reading
}

/** Free blocks per order, summed over zones, from /proc/buddyinfo. Index = order; size = pageSize × 2^order. */
export interface BuddyInfo {
  readonly freeBlocksByOrder: readonly number[]
}

/** One process. `startTicks` with `pid` is its identity: pids are reused. */
export interface ProcessInfo {
  readonly pid: number
  readonly parentPid: number
  readonly processGroupId: number
  readonly startTicks: number
  /** The kernel's comm: at most 15 bytes, may hold any character but NUL. */
  readonly name: string
  readonly state: string
  readonly cpuTicks: number
  readonly rssBytes: number
  /** From /proc/PID/status, read for the largest only; else 'unknown'. */
  readonly anonBytes: Reading
  readonly shmemBytes: Reading
  readonly fileBytes: Reading
  /** cgroup path, null where it was not read. */
  readonly cgroup: string | null
  /** First argument's base name and the rest, null where not read. */
  readonly commandLine: readonly string[] | null
  readonly userId: number | null
}

export interface CpuLoad {
  /** 0..100 over all cores since the previous snapshot. */
  readonly busyPct: Reading
  readonly cores: number
}

export interface Rates {
  readonly networkReceiveBytesPerS: Reading
  readonly networkSendBytesPerS: Reading
  readonly diskReadBytesPerS: Reading
  readonly diskWriteBytesPerS: Reading
}

/** What the machine looked like at one moment. Readonly; produced by the sampler and by nothing else. */
export interface Snapshot {
  readonly sequence: number
  /** Wall clock, ms since 1970, for showing. */
  readonly atMs: number
  /** Monotonic clock, for differences. */
  readonly monotonicMs: number
  /** Until the next one is due. */
  readonly intervalMs: number
  readonly memInfo: MemInfo
  /** Free pages parked in per-CPU lists, in no meminfo field (/proc/zoneinfo). They are free. */
  readonly perCpuFreeBytes: Reading
  readonly pressures: Pressures
  readonly vmStat: VmStat | 'unknown'
  readonly buddy: BuddyInfo | 'unknown'
  readonly processes: readonly ProcessInfo[]
  readonly cpu: CpuLoad
  /** Hottest sensor of the SoC, °C. */
  readonly temperatureC: Reading
  readonly rates: Rates
  readonly gpu: GpuSnapshot
}
