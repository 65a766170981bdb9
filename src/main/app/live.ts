import { currentGpuRows } from '../../shared/domain/ledger/gpu-rows.ts'
import { ledger } from '../../shared/domain/ledger/ledger.ts'
import type { AdmissionStatus } from '../../shared/model/estimate.ts'
import type { Ledger } from '../../shared/model/ledger.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { GuardStatus, Live } from '../../shared/model/status.ts'

/** Processes that the ledger names as one. */
export interface NamedPids {
  readonly id: string
  readonly label: string
  readonly pids: readonly number[]
}

/**
 * Where every byte of one snapshot is.
 *
 * @param uptimeMs since boot, as processes' start times count
 */
export function accountOf(snapshot: Snapshot, runners: readonly NamedPids[], uptimeMs: number): Ledger {
  const { memInfo, perCpuFreeBytes, processes, gpu } = snapshot
  return ledger({
    memInfo,
    perCpuFreeBytes,
    processes,
    gpu: { topology: gpu.topology, processes: currentGpuRows(gpu, processes, uptimeMs) },
    runners
  })
}

/** Snapshot, ledger and level joined into what every client sees. */
export function liveOf(
  snapshot: Snapshot,
  { parts }: Ledger,
  guard: GuardStatus,
  admission: AdmissionStatus
): Live {
  const { memInfo, perCpuFreeBytes } = snapshot
  const allocatable = memInfo.memAvailableBytes + orZero(perCpuFreeBytes)
  return {
    sequence: snapshot.sequence,
    atMs: snapshot.atMs,
    intervalMs: snapshot.intervalMs,
    memTotalBytes: memInfo.memTotalBytes,
    memAvailableBytes: memInfo.memAvailableBytes,
    perCpuFreeBytes,
    freeForModelsBytes: Math.max(0, allocatable - guard.reserveBytes),
    admission,
    swapTotalBytes: memInfo.swapTotalBytes,
    swapFreeBytes: memInfo.swapFreeBytes,
    topology: snapshot.gpu.topology,
    gpu: snapshot.gpu,
    pressure: snapshot.pressures,
    cpu: snapshot.cpu,
    temperatureC: snapshot.temperatureC,
    rates: snapshot.rates,
    ledger: parts,
    guard
  }
}
