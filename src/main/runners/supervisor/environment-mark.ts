import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'

/**
 * Set in a runner's environment and inherited by all it starts, so that a process that forked twice, left the
 * group and was never seen in between can still be told to be the runner's.
 */
export const MARK_VARIABLE = 'FIREBREAK_RUNNER'

/** Which of these processes carry the mark; `sinceTicks` leaves out those that are older than the runner. */
export function findMarked(
  procRoot: string,
  processes: readonly ProcessInfo[],
  mark: string,
  sinceTicks: number
): ReadonlySet<number> {
  const wanted = Buffer.from(`${MARK_VARIABLE}=${mark}\0`)
  const found = new Set<number>()
  for (const { pid, startTicks } of processes) {
    if (startTicks < sinceTicks) continue
    try {
      if (readFileSync(join(procRoot, String(pid), 'environ')).includes(wanted)) found.add(pid)
    } catch {
      // another user's, or gone: not ours to end
    }
  }
  return found
}
