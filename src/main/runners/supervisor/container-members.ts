import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { containerIdOf } from './container-cgroup.ts'
import { readMark } from './environment-mark.ts'

/** The container a process runs in; null outside of one, or where the process is gone. */
export function readContainerId(procRoot: string, pid: number | 'self'): string | null {
  try {
    return containerIdOf(readFileSync(join(procRoot, String(pid), 'cgroup'), 'utf8'))
  } catch {
    return null
  }
}

/**
 * Whether this machine's process `pid` is really of that container: an engine in a virtual machine or in another pid
 * namespace counts processes of its own, and the number it tells is somebody else's here.
 */
export const isOfContainer = (procRoot: string, pid: number, id: string, mark: string): boolean =>
  readContainerId(procRoot, pid) === id || readMark(procRoot, pid) === mark

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
