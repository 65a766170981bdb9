import type { ChildProcess } from 'node:child_process'
import type { RunnerBytes } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { findMarked } from './environment-mark.ts'
import type { ExitStatus } from './exit-words.ts'
import type { ProcessIdentity } from './identity.ts'
import type { LoadWatch } from './load-watch.ts'
import { createProcessTree } from './process-tree.ts'
import { readCgroupPath, readMembers } from './scope.ts'
import type { SupervisorPorts } from './types.ts'

/** What is known of a launch and survives in the state file. */
export interface LaunchFacts {
  readonly root: ProcessIdentity
  readonly members: readonly ProcessIdentity[]
  readonly processGroupId: number
  readonly mark: string
  readonly scopeUnit: string | null
  readonly port: number
  readonly url: string
  readonly modelBytes: number | null
  readonly startedAtMs: number
  readonly commandLine: readonly string[]
}

/** The processes of one launch, from spawn or adoption until they are gone. */
export interface LiveProcess {
  readonly facts: LaunchFacts
  /** Null for one that an earlier core started: its end is seen by looking, its exit code by nobody. */
  readonly child: ChildProcess | null
  readonly loadWatch: LoadWatch
  /** Where this launch's text begins in the log. */
  readonly logStart: number
  readyAtMs: number | null
  /** Set once the root has ended; the rest of its tree may still be there. */
  exit: ExitStatus | null
  probing: boolean
  /** From the last look. */
  members: readonly ProcessInfo[]
  bytes: RunnerBytes
  isRootAlive(): boolean
  /** Looks again, in `processes` or a fresh table; `thorough` also searches for what left the tree. */
  look(thorough: boolean, processes?: readonly ProcessInfo[]): readonly ProcessInfo[]
  identities(): readonly ProcessIdentity[]
}

const NO_BYTES: RunnerBytes = { gpuBytes: 0, hostBytes: 0, fileBytes: 0 }

export function createLiveProcess(
  ports: Pick<SupervisorPorts, 'machine' | 'places'>,
  facts: LaunchFacts,
  started: Pick<LiveProcess, 'child' | 'loadWatch' | 'logStart' | 'readyAtMs'>
): LiveProcess {
  const { machine, places } = ports
  const tree = createProcessTree(facts.root, facts.processGroupId, facts.members)
  let cgroupPath: string | null = null
  const inScope = (): readonly number[] => {
    if (facts.scopeUnit === null) return []
    if (cgroupPath === null) {
      // Only a cgroup that carries our name: before systemd-run acts, the process is still in the session's.
      const path = readCgroupPath(places.procRoot, facts.root.pid)
      if (path?.endsWith(`/${facts.scopeUnit}.scope`)) cgroupPath = path
    }
    return cgroupPath === null ? [] : readMembers(places.sysRoot, cgroupPath)
  }
  return {
    ...started,
    facts,
    exit: null,
    probing: false,
    members: [],
    bytes: NO_BYTES,
    isRootAlive() {
      const { pid, startTicks } = facts.root
      return this.members.some((item) => item.pid === pid && item.startTicks === startTicks)
    },
    look(thorough, processes = machine.processes()) {
      const also = new Set(inScope())
      if (thorough) {
        const marked = findMarked(places.procRoot, processes, facts.mark, facts.root.startTicks)
        for (const pid of marked) also.add(pid)
      }
      this.members = tree.scan(processes, also)
      this.bytes = sumBytes(machine, this.members)
      return this.members
    },
    identities: () => tree.members()
  }
}

function sumBytes(machine: SupervisorPorts['machine'], members: readonly ProcessInfo[]): RunnerBytes {
  let { gpuBytes, hostBytes, fileBytes } = NO_BYTES
  for (const { pid } of members) {
    const host = machine.hostBytes(pid)
    gpuBytes += machine.gpuBytes(pid)
    hostBytes += host?.anonAndShmemBytes ?? 0
    fileBytes += host?.fileBytes ?? 0
  }
  return { gpuBytes, hostBytes, fileBytes }
}

export const residentBytes = (bytes: RunnerBytes): number =>
  bytes.gpuBytes + bytes.hostBytes + bytes.fileBytes

/** The bytes of one process that would come back with it. */
export function ownBytes(machine: SupervisorPorts['machine'], pid: number): number {
  return machine.gpuBytes(pid) + (machine.hostBytes(pid)?.anonAndShmemBytes ?? 0)
}
