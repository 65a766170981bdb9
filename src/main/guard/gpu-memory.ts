import { currentGpuRows } from '../../shared/domain/ledger/gpu-rows.ts'
import { isKnown } from '../../shared/model/reading.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { GpuBytes } from './candidates.ts'

/** Remembers what the driver last said of each process, for the time when it says nothing. */
export interface GpuMemory {
  /** @param uptimeMs since boot, now */
  read(snapshot: Pick<Snapshot, 'gpu' | 'processes'>, uptimeMs: number): GpuBytes
}

/**
 * In a memory wedge the driver's calls hang just when its figures matter. A process that still lives is taken to hold
 * what it held; pids are matched with their start times, so that nobody inherits another's figure.
 */
export function createGpuMemory(): GpuMemory {
  let known = new Map<string, number>()
  return {
    read({ gpu, processes }, uptimeMs) {
      const sharesMemory = gpu.topology === 'unified' || gpu.topology === 'amd-apu'
      // A probe that was restarted does not know the topology yet.
      if (!sharesMemory && gpu.state !== 'starting' && gpu.state !== 'failed') {
        known = new Map()
        return { byPid: new Map(), oldPids: new Set() }
      }
      const fresh = new Map<number, number>()
      for (const { pid, bytes } of currentGpuRows(gpu, processes, uptimeMs)) {
        if (isKnown(bytes)) fresh.set(pid, Math.max(fresh.get(pid) ?? 0, bytes))
      }
      const isSilent = gpu.stale || gpu.state !== 'ok'
      const byPid = new Map<number, number>()
      const oldPids = new Set<number>()
      const next = new Map<string, number>()
      for (const { pid, startTicks } of processes) {
        const key = `${pid}:${startTicks}`
        const now = isSilent ? undefined : fresh.get(pid)
        const bytes = now ?? (isSilent ? (known.get(key) ?? fresh.get(pid)) : undefined)
        if (bytes === undefined) continue
        byPid.set(pid, bytes)
        next.set(key, bytes)
        if (now === undefined) oldPids.add(pid)
      }
      known = next
      return { byPid, oldPids }
    }
  }
}
