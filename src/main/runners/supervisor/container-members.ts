import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { containerIdOf } from './container-cgroup.ts'

/** The container a process runs in; null outside of one, or where the process is gone. */
export function readContainerId(procRoot: string, pid: number | 'self'): string | null {
  try {
    return containerIdOf(readFileSync(join(procRoot, String(pid), 'cgroup'), 'utf8'))
  } catch {
    return null
  }
}

/**
 * Which of these processes run in the container, also those that were brought into it later and descend from none of
 * its own. `sinceTicks` leaves out those that are older than it.
 */
export const findInContainer = (
  procRoot: string,
  processes: readonly ProcessInfo[],
  id: string,
  sinceTicks: number
): readonly number[] =>
  processes.flatMap(({ pid, startTicks }) =>
    startTicks >= sinceTicks && readContainerId(procRoot, pid) === id ? [pid] : []
  )
