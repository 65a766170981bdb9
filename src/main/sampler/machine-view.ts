import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import { isKnown, orZero, type Reading } from '../../shared/model/reading.ts'
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
  /** Asks the probe out of turn; true once an answer came, false after `timeoutMs`. Absent: nobody can be asked. */
  readonly askGpu?: (timeoutMs: number) => Promise<boolean>
}

const sharesMemory = (topology: GpuSnapshot['topology']): boolean =>
  topology === 'unified' || topology === 'amd-apu'

/** The machine read fresh at each call, for who must not act on figures a second old (stopping, accounting). */
export interface MachineView {
  /** stat of every process, 5 µs each; the rest of ProcessInfo is not read. */
  processes(): readonly ProcessInfo[]
  /** RssAnon + RssShmem and mapped file bytes; null when the process is gone or has no memory of its own. */
  hostBytes(pid: number): { readonly anonAndShmemBytes: number; readonly fileBytes: number } | null
  /**
   * GPU bytes out of system memory; 0 where the GPU has its own and for who is not in a fresh list. 'unknown' where
   * the list is stale, or the driver has no figure for this process: nobody may take that for nothing.
   */
  gpuBytes(pid: number): Reading
  /** Asks the driver out of turn; true once it has answered, or where it need not, false after `timeoutMs`. */
  freshGpu(timeoutMs: number): Promise<boolean>
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
      const { topology, processes, stale } = gpu()
      if (!sharesMemory(topology)) return 0
      if (stale) return 'unknown'
      let sum = 0
      for (const holder of processes) {
        if (holder.pid !== pid) continue
        if (!isKnown(holder.bytes)) return 'unknown'
        sum += holder.bytes
      }
      return sum
    },
    freshGpu: async (timeoutMs) =>
      !sharesMemory(gpu().topology) || ports.askGpu === undefined || (await ports.askGpu(timeoutMs)),
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
