import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import { isKnown, orZero } from '../../shared/model/reading.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'
import { parseMemInfo } from './sources/meminfo.parse.ts'
import { readPageSize } from './sources/page-size.ts'
import { fromStat, listPids, readStat, readStatus } from './sources/process-reader.ts'
import { readWhole } from './sources/read-once.ts'
import { parsePerCpuFreePages } from './sources/zoneinfo.parse.ts'

export interface MachineViewPorts {
  readonly procRoot: string
  /** Default: asked from the kernel. */
  readonly pageSizeBytes?: number
  readonly gpu: () => GpuSnapshot
}

/** The machine read fresh at each call, for who must not act on figures a second old (stopping, accounting). */
export interface MachineView {
  /** stat of every process, 5 µs each; the rest of ProcessInfo is not read. */
  processes(): readonly ProcessInfo[]
  /** RssAnon + RssShmem and mapped file bytes; null when the process is gone or has no memory of its own. */
  hostBytes(pid: number): { readonly anonAndShmemBytes: number; readonly fileBytes: number } | null
  /** GPU bytes out of system memory; 0 where the GPU has its own, and where the driver does not know. */
  gpuBytes(pid: number): number
  /** MemAvailable + free pages in per-CPU lists; 0 when it cannot be read, so that nobody takes it for back. */
  availableBytes(): number
}

export function createMachineView(ports: MachineViewPorts): MachineView {
  const { procRoot, gpu } = ports
  const pageSizeBytes = ports.pageSizeBytes ?? readPageSize(procRoot)
  return {
    processes() {
      const processes: ProcessInfo[] = []
      for (const pid of listPids(procRoot)) {
        const stat = readStat(procRoot, pid)
        if (stat !== 'unknown') processes.push(fromStat(stat, pageSizeBytes))
      }
      return processes
    },
    hostBytes(pid) {
      const status = readStatus(procRoot, pid)
      if (status === 'unknown' || !isKnown(status.anonBytes)) return null
      return {
        anonAndShmemBytes: status.anonBytes + orZero(status.shmemBytes),
        fileBytes: orZero(status.fileBytes)
      }
    },
    gpuBytes(pid) {
      const { topology, processes } = gpu()
      if (topology !== 'unified' && topology !== 'amd-apu') return 0
      return processes.reduce((sum, holder) => (holder.pid === pid ? sum + orZero(holder.bytes) : sum), 0)
    },
    availableBytes() {
      const bytes = readWhole(`${procRoot}/meminfo`)
      const memInfo = bytes === 'unknown' ? null : parseMemInfo(bytes)
      if (memInfo === null || !memInfo.ok) return 0
      const zones = readWhole(`${procRoot}/zoneinfo`)
      const pages = zones === 'unknown' ? 'unknown' : parsePerCpuFreePages(zones)
      return memInfo.value.memAvailableBytes + orZero(pages) * pageSizeBytes
    }
  }
}
