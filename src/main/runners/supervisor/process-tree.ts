import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { identityKey, isAlive, type ProcessIdentity } from './identity.ts'

/** pids that are never part of a runner, whatever else says so: init, and the core itself. */
const UNTOUCHABLE = new Set([0, 1, process.pid])
/** Scans after which all are asked about again: a program may become another one of the same name. */
const SCANS_PER_ANSWER = 30

/**
 * The processes of one runner over time. Membership is kept: a child that left the group or lost its parent
 * between two scans is still known by pid and start time, and is found and ended with the rest.
 */
export interface ProcessTree {
  readonly root: ProcessIdentity
  /**
   * Live members in a fresh process table. `alsoPids`: found by other means (scope, environment mark). `asksAnew`: who is
   * spared is asked of each; without it what was said of the same process lately counts, as asking reads its files.
   */
  scan(
    processes: readonly ProcessInfo[],
    alsoPids?: ReadonlySet<number>,
    asksAnew?: boolean
  ): readonly ProcessInfo[]
  /** All members ever seen that were alive in the last scan. */
  members(): readonly ProcessIdentity[]
}

/** @param isSpared who is no member, and neither is what was started from it; never asked about the root. */
export function createProcessTree(
  root: ProcessIdentity,
  processGroupId: number,
  remembered: readonly ProcessIdentity[] = [],
  isSpared: ((process: ProcessInfo) => boolean) | null = null
): ProcessTree {
  let known = new Map([root, ...remembered].map((item) => [identityKey(item), item]))
  // Once a scan finds the group empty, its number may be given to someone else.
  let groupIsOurs = true
  const spares = isSpared === null ? null : keepAnswers(isSpared)
  return {
    root,
    members: () => [...known.values()],
    scan(processes, alsoPids, asksAnew = true) {
      const leader = processes.find((item) => item.pid === processGroupId)
      if (leader && leader.pid === root.pid && leader.startTicks !== root.startTicks) groupIsOurs = false
      const inGroup = (item: ProcessInfo): boolean => groupIsOurs && item.processGroupId === processGroupId
      const found = new Map<number, ProcessInfo>()
      const take = (item: ProcessInfo): void => {
        if (!UNTOUCHABLE.has(item.pid)) found.set(item.pid, item)
      }
      let groupMembers = 0
      for (const item of processes) {
        if (inGroup(item)) groupMembers += 1
        if (inGroup(item) || known.has(identityKey(item)) || alsoPids?.has(item.pid)) take(item)
      }
      groupIsOurs = groupMembers > 0
      addDescendants(processes, found, take)
      if (spares !== null) leaveOut(found, root, spares(asksAnew))
      const alive = [...found.values()].filter(isAlive)
      known = new Map(alive.map((item) => [identityKey(item), item]))
      return alive
    }
  }
}

function addDescendants(
  processes: readonly ProcessInfo[],
  found: ReadonlyMap<number, ProcessInfo>,
  take: (item: ProcessInfo) => void
): void {
  const children = new Map<number, ProcessInfo[]>()
  for (const item of processes) {
    const siblings = children.get(item.parentPid)
    if (siblings) siblings.push(item)
    else children.set(item.parentPid, [item])
  }
  const queue = [...found.keys()]
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child.pid)) continue
      take(child)
      if (found.has(child.pid)) queue.push(child.pid)
    }
  }
}

/** The same question, answered from the last answers where it need not be asked anew. */
function keepAnswers(
  isSpared: (process: ProcessInfo) => boolean
): (asksAnew: boolean) => (process: ProcessInfo) => boolean {
  let last = new Map<string, boolean>()
  let scans = 0
  return (asksAnew) => {
    const known = asksAnew || scans % SCANS_PER_ANSWER === 0 ? new Map<string, boolean>() : last
    scans += 1
    // Only of this scan's: who is gone needs no answer.
    const answers = new Map<string, boolean>()
    last = answers
    return (process) => {
      // With its name: between fork and exec it has its parent's, and another program's files.
      const key = `${identityKey(process)}:${process.name}`
      const answer = known.get(key) ?? isSpared(process)
      answers.set(key, answer)
      return answer
    }
  }
}

/** Takes out those that are spared, with all below them. */
function leaveOut(
  found: Map<number, ProcessInfo>,
  root: ProcessIdentity,
  isSpared: (process: ProcessInfo) => boolean
): void {
  const children = Map.groupBy(found.values(), ({ parentPid }) => parentPid)
  const queue = [...found.values()].filter(
    (item) => identityKey(item) !== identityKey(root) && isSpared(item)
  )
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    // A ring in a table that was read while it changed ends here.
    if (identityKey(item) === identityKey(root) || !found.delete(item.pid)) continue
    queue.push(...(children.get(item.pid) ?? []))
  }
}
