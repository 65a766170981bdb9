import { isDesktopName } from '../../../shared/domain/ledger/desktop.ts'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { identityKey } from '../supervisor/identity.ts'
import type { Group } from './groups.ts'

const MIB = 1_048_576
/** Programs that run what people type: at work for somebody, whoever started them. */
const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'fish',
  'ksh',
  'tmux: server',
  'screen'
])
/** Helpers that outlive their parent for a moment hold tens of MiB; a model, or a part of one, holds far more. */
export const LEAST_LEFTOVER_BYTES = 256 * MIB

/** What its parent's end left behind with memory in its hands. */
export interface Leftover {
  readonly root: ProcessInfo
  readonly members: readonly ProcessInfo[]
  readonly kind: RunnerKind
  /** Whose it was, where that was seen while it lived: 'llama-server (pid 12)'. */
  readonly leftBy: string | null
}

/** Parent of the kernel's own threads. */
const KERNEL_THREADS = 2

interface Remembered {
  readonly kind: RunnerKind
  readonly root: ProcessInfo
  readonly name: string
}

/** Who belonged to which runner, over time: once the parent is gone nothing in the process table says it any more. */
export interface LeftoverMemory {
  remember(groups: readonly Group[]): void
  /** The ended runner that this process belonged to: 'llama-server (pid 12)'; null: none that was seen. */
  leftBy(process: ProcessInfo): string | null
  /**
   * Live members of remembered runners whose root is gone, and other orphans that hold memory.
   *
   * @param isFree not part of a runner that is known otherwise
   */
  find(
    processes: readonly ProcessInfo[],
    isFree: (process: ProcessInfo) => boolean,
    bytesOf: (pid: number) => number
  ): readonly Leftover[]
}

export function createLeftoverMemory(): LeftoverMemory {
  /** By the member's identity. */
  let known = new Map<string, Remembered>()
  let alive: ReadonlySet<string> = new Set()
  const endedOwner = (process: ProcessInfo): Remembered | null => {
    const owner = known.get(identityKey(process))
    return owner === undefined || alive.has(identityKey(owner.root)) ? null : owner
  }
  const leftBy = (process: ProcessInfo): string | null => {
    const owner = endedOwner(process)
    return owner === null ? null : `${owner.name} (pid ${owner.root.pid})`
  }
  return {
    leftBy,
    remember(groups) {
      for (const { kind, root, name, members } of groups) {
        for (const member of members) known.set(identityKey(member), { kind, root, name })
      }
    },
    find(processes, isFree, bytesOf) {
      alive = new Set(processes.map(identityKey))
      known = new Map([...known].filter(([key]) => alive.has(key)))
      const free = processes.filter((one) => one.pid > 2 && isFree(one))
      const byPid = new Map(processes.map((one) => [one.pid, one]))
      const orphans = free.filter(
        (one) => endedOwner(one) !== null || (isOrphan(one, byPid) && holdsByItself(one, free, bytesOf))
      )
      return topMost(orphans, free)
        .map((root): Leftover => ({
          root,
          members: below(free, root),
          kind: endedOwner(root)?.kind ?? 'custom',
          leftBy: leftBy(root)
        }))
        .filter(
          ({ members }) => members.reduce((sum, { pid }) => sum + bytesOf(pid), 0) >= LEAST_LEFTOVER_BYTES
        )
    }
  }
}

/**
 * Its parent is gone, so that the first process or the user's service manager has it now, and so is the leader of
 * its process group: nobody who started it is there to end it. Services lead their own groups.
 */
function isOrphan(one: ProcessInfo, byPid: ReadonlyMap<number, ProcessInfo>): boolean {
  if (one.parentPid === KERNEL_THREADS || byPid.has(one.processGroupId)) return false
  const isAdopted = one.parentPid === 1 || byPid.get(one.parentPid)?.name === 'systemd'
  return isAdopted && !isDesktopName(one.name)
}

/**
 * It has the memory in its own hands, and nothing but its own kind below it. One that nobody saw below a runner is told
 * by that alone: what holds little but has others at work below it (a detached shell, a job of npm) is not left behind.
 */
function holdsByItself(
  one: ProcessInfo,
  processes: readonly ProcessInfo[],
  bytesOf: (pid: number) => number
): boolean {
  if (SHELLS.has(one.name) || bytesOf(one.pid) < LEAST_LEFTOVER_BYTES) return false
  return below(processes, one).every(({ name }) => name === one.name)
}

/** Those that are not below another of them. */
function topMost(orphans: readonly ProcessInfo[], all: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const inside = new Set(orphans.flatMap((one) => below(all, one).slice(1)))
  return orphans.filter((one) => !inside.has(one))
}

function below(processes: readonly ProcessInfo[], root: ProcessInfo): readonly ProcessInfo[] {
  const found = [root]
  for (const at of found) {
    found.push(...processes.filter((one) => one.parentPid === at.pid && !found.includes(one)))
  }
  return found
}
