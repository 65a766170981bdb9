import type { GpuProcess, GpuSnapshot } from '../../model/gpu.ts'
import { isKnown } from '../../model/reading.ts'
import type { ProcessInfo } from '../../model/snapshot.ts'

/** Linux counts start times in 1/100 s on every supported architecture (USER_HZ). */
const MS_PER_TICK = 10
/** Start times and ages come from different clocks, each rounded. */
const TOLERANCE_MS = 500

/**
 * The driver's rows that can still be believed.
 *
 * The driver knows pids only, and a stuck one repeats what it said minutes ago: a process that started after the
 * reading was taken is another one with that pid, and a pid that is gone holds nothing any more. What such rows
 * claimed becomes unattributed, which is true.
 *
 * @param uptimeMs since boot, now
 */
export function currentGpuRows(
  gpu: Pick<GpuSnapshot, 'processes' | 'ageMs' | 'stale'>,
  processes: readonly ProcessInfo[],
  uptimeMs: number
): readonly GpuProcess[] {
  const startedMs = new Map(processes.map(({ pid, startTicks }) => [pid, startTicks * MS_PER_TICK]))
  const takenMs = uptimeMs - (isKnown(gpu.ageMs) ? gpu.ageMs : 0)
  return gpu.processes.filter(({ pid }) => {
    const started = startedMs.get(pid)
    // A fresh reading may name a process that has just ended, or one of another pid namespace.
    return started === undefined ? !gpu.stale : started <= takenMs + TOLERANCE_MS
  })
}
