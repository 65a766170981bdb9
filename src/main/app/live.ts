import { assess } from '../../shared/domain/guard/assess.ts'
import {
  fallBytesPerS,
  FALL_WINDOW_MS,
  secondsToEmpty,
  type AvailablePoint
} from '../../shared/domain/guard/fall-rate.ts'
import { floorBytes, reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import { currentGpuRows } from '../../shared/domain/ledger/gpu-rows.ts'
import { ledger } from '../../shared/domain/ledger/ledger.ts'
import type { Ledger } from '../../shared/model/ledger.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { Live } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'

export interface LiveInput {
  readonly snapshot: Snapshot
  readonly runners: readonly {
    readonly id: string
    readonly label: string
    readonly pids: readonly number[]
  }[]
  readonly settings: Settings
}

/** Joins snapshot, ledger and level into what every client sees; keeps only the few points the fall rate needs. */
export interface LiveMaker {
  make(input: LiveInput): { readonly live: Live; readonly ledger: Ledger }
}

/** `uptimeMs`: since boot, as processes' start times count. */
export function createLiveMaker(uptimeMs: () => number): LiveMaker {
  let points: AvailablePoint[] = []
  return {
    make({ snapshot, runners, settings }) {
      const { memInfo, perCpuFreeBytes } = snapshot
      const parts = ledger({
        memInfo,
        perCpuFreeBytes,
        processes: snapshot.processes,
        gpu: {
          topology: snapshot.gpu.topology,
          processes: currentGpuRows(snapshot.gpu, snapshot.processes, uptimeMs())
        },
        runners
      })
      const allocatable = memInfo.memAvailableBytes + orZero(perCpuFreeBytes)
      points = [
        ...points.filter((point) => point.monotonicMs >= snapshot.monotonicMs - FALL_WINDOW_MS),
        { monotonicMs: snapshot.monotonicMs, availableBytes: allocatable }
      ]
      const reserve = reserveBytes(memInfo.memTotalBytes, settings.reserveBytes)
      // A reserve set below the automatic floor takes the floor down with it.
      const floor = Math.min(reserve, floorBytes(memInfo.memTotalBytes, settings.floorBytes))
      const seconds = secondsToEmpty(allocatable, fallBytesPerS(points))
      const { level, reasons } = assess({
        availableBytes: memInfo.memAvailableBytes,
        perCpuFreeBytes,
        reserveBytes: reserve,
        floorBytes: floor,
        secondsToEmpty: seconds,
        pressures: snapshot.pressures
      })
      const live: Live = {
        sequence: snapshot.sequence,
        atMs: snapshot.atMs,
        intervalMs: snapshot.intervalMs,
        memTotalBytes: memInfo.memTotalBytes,
        memAvailableBytes: memInfo.memAvailableBytes,
        perCpuFreeBytes,
        freeForModelsBytes: Math.max(0, allocatable - reserve),
        swapTotalBytes: memInfo.swapTotalBytes,
        swapFreeBytes: memInfo.swapFreeBytes,
        topology: snapshot.gpu.topology,
        gpu: snapshot.gpu,
        pressure: snapshot.pressures,
        cpu: snapshot.cpu,
        temperatureC: snapshot.temperatureC,
        rates: snapshot.rates,
        ledger: parts.parts,
        guard: {
          mode: 'off',
          level,
          reasons,
          reserveBytes: reserve,
          floorBytes: floor,
          secondsToEmpty: seconds
        }
      }
      return { live, ledger: parts }
    }
  }
}
