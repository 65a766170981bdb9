import type { GpuProcess } from '../../shared/model/gpu.ts'
import type { Reading } from '../../shared/model/reading.ts'

/** One row of a driver's process list. `device` is any key that tells GPUs apart. */
export interface ProcessRow {
  readonly device: string
  readonly pid: number
  readonly bytes: Reading
}

// C and G rows of one process on one GPU tell of the same memory: the larger figure, never the sum.
const larger = (a: Reading, b: Reading): Reading => {
  if (typeof a !== 'number') return b
  return typeof b === 'number' ? Math.max(a, b) : a
}

// A sum with an unknown part is unknown: a figure that is too small would look exact.
const plus = (a: Reading, b: Reading): Reading =>
  typeof a === 'number' && typeof b === 'number' ? a + b : 'unknown'

/**
 * GPU bytes by process: the larger of a pid's rows on one GPU, summed over the GPUs.
 *
 * A pid appears as compute and as graphics client with the same figure; adding them would count it twice. Rows of
 * pid 0 (a process of another container, which has no pid here) are dropped.
 */
export function bytesByProcess(rows: readonly ProcessRow[]): GpuProcess[] {
  const byPid = new Map<number, Map<string, Reading>>()
  for (const row of rows) {
    if (row.pid <= 0) continue
    const devices = byPid.get(row.pid) ?? new Map<string, Reading>()
    byPid.set(row.pid, devices)
    const seen = devices.get(row.device)
    devices.set(row.device, seen === undefined ? row.bytes : larger(seen, row.bytes))
  }
  return [...byPid].map(([pid, devices]) => ({ pid, bytes: [...devices.values()].reduce(plus) }))
}
