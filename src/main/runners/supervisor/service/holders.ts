import type { ProcessInfo } from '../../../../shared/model/snapshot.ts'
import { identityKey, isAlive } from '../identity.ts'

/** Processes of a service: its main ones, and all below them. */
export interface ServiceProcesses {
  readonly mains: readonly ProcessInfo[]
  readonly below: readonly ProcessInfo[]
}

/** A main process has the service's name and no ancestor of that name. */
export function findService(processes: readonly ProcessInfo[], names: readonly string[]): ServiceProcesses {
  const byPid = new Map(processes.map((item) => [item.pid, item]))
  const mainOf = (item: ProcessInfo): ProcessInfo | null => {
    let main: ProcessInfo | null = null
    const seen = new Set<number>()
    for (let at: ProcessInfo | undefined = item; at !== undefined && !seen.has(at.pid);) {
      seen.add(at.pid)
      if (names.includes(at.name)) main = at
      at = byPid.get(at.parentPid)
    }
    return main
  }
  const mains: ProcessInfo[] = []
  const below: ProcessInfo[] = []
  for (const item of processes) {
    if (!isAlive(item)) continue
    const main = mainOf(item)
    if (main === null) continue
    if (main.pid === item.pid) mains.push(item)
    else below.push(item)
  }
  return { mains, below }
}

/** One of them and all below it. */
export function withDescendants(
  root: ProcessInfo,
  processes: readonly ProcessInfo[]
): readonly ProcessInfo[] {
  const found = [root]
  for (let at = 0; at < found.length; at += 1) {
    const parent = found[at]
    if (parent === undefined) break
    for (const item of processes) {
      if (item.parentPid === parent.pid && isAlive(item) && !found.includes(item)) found.push(item)
    }
  }
  return found
}

/** Of those that came since `before`, the one that holds most: that is where the model went. */
export function newest(
  below: readonly ProcessInfo[],
  before: ReadonlySet<string>,
  bytesOf: (pid: number) => number
): ProcessInfo | null {
  return largest(
    below.filter((item) => !before.has(identityKey(item))),
    bytesOf
  )
}

/**
 * For a model that was loaded before anybody looked: the only child, or the one whose size is nearest to what the
 * service says of the model; null where that cannot be told.
 */
export function bestGuess(
  below: readonly ProcessInfo[],
  saidBytes: number | null,
  bytesOf: (pid: number) => number
): ProcessInfo | null {
  const parents = new Set(below.map((item) => item.pid))
  const tops = below.filter((item) => !parents.has(item.parentPid))
  const [only] = tops
  if (only !== undefined && tops.length === 1) return only
  if (saidBytes === null) return null
  const off = (item: ProcessInfo): number => Math.abs(bytesOf(item.pid) - saidBytes)
  return tops.reduce<ProcessInfo | null>(
    (best, item) => (best === null || off(item) < off(best) ? item : best),
    null
  )
}

const largest = (items: readonly ProcessInfo[], bytesOf: (pid: number) => number): ProcessInfo | null =>
  items.reduce<ProcessInfo | null>(
    (best, item) => (best === null || bytesOf(item.pid) > bytesOf(best.pid) ? item : best),
    null
  )
