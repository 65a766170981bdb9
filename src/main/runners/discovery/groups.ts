import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import type { Recognised } from '../supervisor/adapter.ts'

/** A process that an adapter knows. */
export interface Match {
  readonly kind: RunnerKind
  readonly says: Recognised
}

/** One runner with all that belongs to it. */
export interface Group extends Match {
  readonly root: ProcessInfo
  /** What people call the root's program. */
  readonly name: string
  /** With the root. */
  readonly members: readonly ProcessInfo[]
  readonly containerId: string | null
}

/** Kinds from which people start other runners: those are runners of their own. */
export const WORKPLACES: ReadonlySet<RunnerKind> = new Set(['jupyterlab', 'custom'])

/**
 * Joins processes into runners: an engine below its server, a model below Ollama, all of one container.
 *
 * @param matches by pid
 * @param containers id of the container by pid, for those in one
 * @param nameOf what people call a process
 */
export function groupRunners(
  processes: readonly ProcessInfo[],
  matches: ReadonlyMap<number, Match>,
  containers: ReadonlyMap<number, string>,
  nameOf: (process: ProcessInfo) => string = ({ name }) => name
): readonly Group[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]))
  const isWithin = (pid: number): boolean => {
    const kind = matches.get(pid)?.kind
    return ancestors(byPid, pid).some((parent) => {
      const above = matches.get(parent.pid)
      return above !== undefined && (above.kind === kind || !WORKPLACES.has(above.kind))
    })
  }
  const heads = [...matches.keys()]
    .flatMap((pid) => byPid.get(pid) ?? [])
    .filter(({ pid }) => !isWithin(pid))
    .sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  const taken = new Set<string>()
  const roots = heads.filter(({ pid }) => {
    const container = containers.get(pid)
    if (container === undefined) return true
    if (taken.has(container)) return false
    taken.add(container)
    return true
  })
  const rootPids = new Set(roots.map(({ pid }) => pid))
  return roots.flatMap((root) => {
    const match = matches.get(root.pid)
    if (match === undefined) return []
    const containerId = containers.get(root.pid) ?? null
    const inContainer =
      containerId === null ? [] : processes.filter(({ pid }) => containers.get(pid) === containerId)
    const members = descendants(processes, [root, ...inContainer], rootPids)
    return [{ ...match, root, name: nameOf(root), members, containerId }]
  })
}

/** From the parent up; a ring in a table that was read while it changed ends it. */
function ancestors(byPid: ReadonlyMap<number, ProcessInfo>, pid: number): readonly ProcessInfo[] {
  const found: ProcessInfo[] = []
  let at = byPid.get(byPid.get(pid)?.parentPid ?? 0)
  while (at !== undefined && at.pid !== pid && !found.includes(at)) {
    found.push(at)
    at = byPid.get(at.parentPid)
  }
  return found
}

/** `from` and all below them, without what other runners are the root of. */
function descendants(
  processes: readonly ProcessInfo[],
  from: readonly ProcessInfo[],
  otherRoots: ReadonlySet<number>
): readonly ProcessInfo[] {
  const found = new Map(from.map((one) => [one.pid, one]))
  const children = Map.groupBy(processes, ({ parentPid }) => parentPid)
  const queue = [...found.keys()]
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child.pid) || otherRoots.has(child.pid)) continue
      found.set(child.pid, child)
      queue.push(child.pid)
    }
  }
  return [...found.values()]
}
