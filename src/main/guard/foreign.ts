import { containerOf } from '../../shared/domain/guard/container.ts'
import { isDesktopName } from '../../shared/domain/ledger/desktop.ts'
import { processLabel } from '../../shared/domain/ledger/label.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'

const MIB = 1024 ** 2
/** An idle CUDA context alone takes 100 to 200 MiB; from here on somebody really holds memory. */
export const LEAST_FOREIGN_GPU_BYTES = 256 * MIB

/** Somebody Firebreak did not start: one container, or one program with what belongs to it. */
export interface ForeignGroup {
  /** 'container:ID', or 'process:PID:STARTTICKS' of its root: stable while it lives. */
  readonly id: string
  readonly label: string
  readonly names: readonly string[]
  readonly processes: readonly ProcessInfo[]
}

/**
 * Groups GPU processes that Firebreak did not start into what must be stopped as one.
 *
 * Inside a container: all of it. Else the program's process group (what a shell or a launcher started as one job) with
 * all that descends from it; where that group holds a desktop program or Firebreak itself, the process and its
 * descendants alone. Desktop programs are never in the result.
 *
 * @param gpuBytes known GPU bytes by pid
 * @param ownPids processes of runners and of Firebreak
 */
export function foreignGroups(
  processes: readonly ProcessInfo[],
  gpuBytes: ReadonlyMap<number, number>,
  ownPids: ReadonlySet<number>
): readonly ForeignGroup[] {
  const alive = processes.filter((one) => one.state !== 'Z' && one.state !== 'X')
  const byPid = new Map(alive.map((one) => [one.pid, one]))
  const taken = new Set<number>()
  const groups: ForeignGroup[] = []
  const holders = [...gpuBytes]
    .filter(([pid, bytes]) => bytes > 0 && !ownPids.has(pid))
    .flatMap(([pid]) => byPid.get(pid) ?? [])
    .filter((one) => one.pid > 1 && !isDesktopName(one.name))
  const isUntouchable = (one: ProcessInfo): boolean =>
    one.pid <= 1 || ownPids.has(one.pid) || isDesktopName(one.name)
  for (const holder of holders) {
    if (taken.has(holder.pid)) continue
    const container = containerOf(holder.cgroup)
    const members =
      container === null
        ? programOf(holder, alive, isUntouchable)
        : alive.filter((one) => containerOf(one.cgroup)?.id === container.id && !isUntouchable(one))
    for (const one of members) taken.add(one.pid)
    const bytes = members.reduce((sum, one) => sum + (gpuBytes.get(one.pid) ?? 0), 0)
    if (bytes < LEAST_FOREIGN_GPU_BYTES) continue
    const root = members.find((one) => !members.some((other) => other.pid === one.parentPid)) ?? holder
    groups.push({
      id: container === null ? `process:${root.pid}:${root.startTicks}` : `container:${container.id}`,
      label:
        container === null ? processLabel(holder) : `${processLabel(holder)} (container ${container.id})`,
      names: [...new Set(members.map((one) => one.name))],
      processes: members
    })
  }
  return groups
}

function programOf(
  holder: ProcessInfo,
  alive: readonly ProcessInfo[],
  isUntouchable: (one: ProcessInfo) => boolean
): readonly ProcessInfo[] {
  const job = alive.filter((one) => one.processGroupId === holder.processGroupId)
  const isWholeJobTheirs = holder.processGroupId > 1 && !job.some(isUntouchable)
  const found = new Map((isWholeJobTheirs ? job : [holder]).map((one) => [one.pid, one]))
  let grew = true
  while (grew) {
    grew = false
    for (const one of alive) {
      if (found.has(one.pid) || !found.has(one.parentPid) || isUntouchable(one)) continue
      found.set(one.pid, one)
      grew = true
    }
  }
  return [...found.values()].sort((a, b) => a.pid - b.pid)
}
