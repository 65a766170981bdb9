import fs from 'node:fs'
import { join } from 'node:path'
import type { ProcessHandle } from './process-handle.ts'
import { statOf } from './process-handle.ts'

/** Containers nest a few groups; a bound against a tree that is made deeper while it is walked. */
const MAX_CGROUPS = 64

/** Whom a search starts from. */
export interface FamilyRoots {
  readonly known: readonly ProcessHandle[]
  /** Process groups that are wholly the victim's. */
  readonly groupIds: ReadonlySet<number>
  readonly cgroupDir: string | null
  /** Of the control group only those that had started by then count: a container that starts again uses it again. */
  readonly newestTicks: number
}

const names = (path: string): readonly string[] => {
  try {
    return fs.readdirSync(path)
  } catch {
    return []
  }
}

function numbersIn(path: string): readonly number[] {
  try {
    return fs.readFileSync(path, 'latin1').split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function addCgroup(dir: string, take: (pid: number) => void): void {
  const queue = [dir]
  for (let looked = 0; looked < MAX_CGROUPS; looked++) {
    const next = queue.pop()
    if (next === undefined) return
    for (const pid of numbersIn(join(next, 'cgroup.procs'))) take(pid)
    try {
      for (const entry of fs.readdirSync(next, { withFileTypes: true })) {
        if (entry.isDirectory()) queue.push(join(next, entry.name))
      }
    } catch {
      // It was removed meanwhile.
    }
  }
}

/** Pids in a control group and those below it. */
export function cgroupMembers(dir: string): readonly number[] {
  const pids: number[] = []
  addCgroup(dir, (pid) => pids.push(pid))
  return pids
}

/** Whether the kernel lists a thread's children (CONFIG_PROC_CHILDREN). */
const LISTS_CHILDREN = fs.existsSync(`/proc/self/task/${process.pid}/children`)

function addChildren(roots: FamilyRoots, found: Set<number>, take: (pid: number) => void): void {
  const queue = [...roots.known.map((handle) => handle.pid), ...found]
  const walked = new Set<number>()
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (walked.has(pid)) continue
    walked.add(pid)
    for (const thread of names(`/proc/${pid}/task`)) {
      for (const child of numbersIn(`/proc/${pid}/task/${thread}/children`)) {
        take(child)
        if (found.has(child)) queue.push(child)
      }
    }
  }
}

function addByScan(roots: FamilyRoots, found: Set<number>, take: (pid: number) => void): void {
  const children = new Map<number, number[]>()
  for (const name of names('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = statOf(pid)
    if (stat === null) continue
    if (roots.groupIds.has(stat.groupId)) take(pid)
    const siblings = children.get(stat.parentPid)
    if (siblings) siblings.push(pid)
    else children.set(stat.parentPid, [pid])
  }
  const queue = [...roots.known.map((handle) => handle.pid), ...found]
  const walked = new Set<number>()
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    if (walked.has(pid)) continue
    walked.add(pid)
    for (const child of children.get(pid) ?? []) {
      take(child)
      if (found.has(child)) queue.push(child)
    }
  }
}

/**
 * Pids that belong to a victim beside those already known: its cgroup, its descendants and, when `thorough`, its
 * process groups, found by a look at every process (10 ms with 500).
 *
 * A pid in `forbidden` is never taken, nor what is below it.
 */
export function findFamily(
  roots: FamilyRoots,
  forbidden: (pid: number) => boolean,
  thorough: boolean
): readonly number[] {
  const known = new Set(roots.known.map((handle) => handle.pid))
  const found = new Set<number>()
  const take = (pid: number): void => {
    if (Number.isInteger(pid) && !known.has(pid) && !forbidden(pid)) found.add(pid)
  }
  const takeOld = (pid: number): void => {
    const isOld =
      roots.newestTicks === Number.POSITIVE_INFINITY ||
      (statOf(pid)?.startTicks ?? Number.POSITIVE_INFINITY) <= roots.newestTicks
    if (isOld) take(pid)
  }
  if (roots.cgroupDir !== null) addCgroup(roots.cgroupDir, takeOld)
  if (thorough || !LISTS_CHILDREN) addByScan(roots, found, take)
  else addChildren(roots, found, take)
  return [...found]
}
