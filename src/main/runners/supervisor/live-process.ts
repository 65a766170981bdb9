import type { ChildProcess } from 'node:child_process'
import { isKnown, orZero, type Reading } from '../../../shared/model/reading.ts'
import type { RunnerBytes } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { readContainerId, findInContainer } from './container-members.ts'
import type { ContainerRecord, LiveContainer } from './container-port.ts'
import { findMarked } from './environment-mark.ts'
import type { ExitStatus } from './exit-words.ts'
import type { ProcessIdentity } from './identity.ts'
import type { LoadWatch } from './load-watch.ts'
import { createProcessTree } from './process-tree.ts'
import { isCgroupFrozen, readCgroupPath, readMembers } from './scope.ts'
import type { SystemdUnit } from './systemd-unit.ts'
import type { SupervisorPorts } from './types.ts'

/** What is known of a launch and survives in the state file. */
export interface LaunchFacts {
  readonly root: ProcessIdentity
  readonly members: readonly ProcessIdentity[]
  readonly processGroupId: number
  readonly mark: string
  readonly scopeUnit: string | null
  /** Null: a program of this machine. */
  readonly container: ContainerRecord | null
  readonly port: number
  readonly url: string
  readonly modelBytes: number | null
  readonly startedAtMs: number
  readonly commandLine: readonly string[]
  /** Set where somebody else had started it and it was taken over as it ran. */
  readonly adopted?: { readonly unit: SystemdUnit | null } | undefined
}

/** GPU memory that comes out of the system's. */
export interface GpuKnowledge {
  /** False where the driver's figures are old, or lack one of its processes. */
  readonly isKnown: boolean
  /** Largest sum ever reported: a lower bound where nothing better is known. */
  readonly peakBytes: number
}

/** From the last look that saw the root alive: what ending it must bring back, and since which reading. */
export interface WhileAlive {
  readonly bytes: RunnerBytes
  readonly availableBytes: number
}

/** The processes of one launch, from spawn or adoption until they are gone. */
export interface LiveProcess {
  readonly facts: LaunchFacts
  /** Null for one that an earlier core started: its end is seen by looking, its exit code by nobody. */
  readonly child: ChildProcess | null
  /** Null for a program of this machine, whose end `child` tells. */
  readonly container: LiveContainer | null
  readonly loadWatch: LoadWatch
  /** Where this launch's text begins in the log. */
  readonly logStart: number
  readyAtMs: number | null
  /** Set once the root has ended; the rest of its tree may still be there. */
  exit: ExitStatus | null
  probing: boolean
  /** It answers, but did not do the work it was asked for: since when, and when last asked, monotonic. */
  unproven: { readonly sinceMs: number; readonly askedMs: number } | null
  /** From the last look. */
  members: readonly ProcessInfo[]
  bytes: RunnerBytes
  gpu: GpuKnowledge
  whileAlive: WhileAlive | null
  /** It may not run: stopped by SIGSTOP, or its cgroup is frozen. */
  isFrozen: boolean
  isRootAlive(): boolean
  /** Looks again, in `processes` or a fresh table; `thorough` also searches for what left the tree. */
  look(thorough: boolean, processes?: readonly ProcessInfo[]): readonly ProcessInfo[]
  identities(): readonly ProcessIdentity[]
}

const NO_BYTES: RunnerBytes = { gpuBytes: 0, hostBytes: 0, fileBytes: 0 }

export function createLiveProcess(
  ports: Pick<SupervisorPorts, 'machine' | 'places'>,
  facts: LaunchFacts,
  given: Pick<LiveProcess, 'child' | 'container' | 'loadWatch' | 'logStart' | 'readyAtMs'> & {
    /** Who is left alone though it was started below it; null: nobody. */
    readonly isSpared?: ((process: ProcessInfo) => boolean) | null
  }
): LiveProcess {
  const { machine, places } = ports
  const { isSpared = null, ...started } = given
  const tree = createProcessTree(facts.root, facts.processGroupId, facts.members, isSpared)
  let cgroupPath: string | null = null
  const inScope = (): readonly number[] => {
    if (facts.container !== null && cgroupPath === null) {
      const { pid } = facts.root
      // The container's own, or one below it: frozen is told for both.
      if (readContainerId(places.procRoot, pid) === facts.container.id) {
        cgroupPath = readCgroupPath(places.procRoot, pid)
      }
    }
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
    unproven: null,
    members: [],
    bytes: NO_BYTES,
    gpu: { isKnown: true, peakBytes: 0 },
    whileAlive: null,
    isFrozen: false,
    isRootAlive() {
      const { pid, startTicks } = facts.root
      return this.members.some((item) => item.pid === pid && item.startTicks === startTicks)
    },
    look(thorough, given) {
      const processes = given ?? machine.processes()
      const also = new Set(inScope())
      if (thorough) {
        const marked = findMarked(places.procRoot, processes, facts.mark, facts.root.startTicks)
        for (const pid of marked) also.add(pid)
        const { container, root } = facts
        const inside =
          container === null ? [] : findInContainer(places.procRoot, processes, container.id, root.startTicks)
        for (const pid of inside) also.add(pid)
      }
      // A look of its own comes before a signal; one at a tick's table is for figures.
      this.members = tree.scan(processes, also, given === undefined)
      const gpuBytes = gpuBytesOf(machine, this.members)
      this.gpu = {
        isKnown: gpuBytes !== 'unknown',
        peakBytes: Math.max(this.gpu.peakBytes, orZero(gpuBytes))
      }
      this.bytes = {
        // The last known figure stays while the driver is silent.
        gpuBytes: isKnown(gpuBytes) ? gpuBytes : this.bytes.gpuBytes,
        ...hostBytesOf(machine, this.members)
      }
      const { root } = facts
      const state = this.members.find((item) => item.pid === root.pid)?.state
      this.isFrozen = state === 'T' || (cgroupPath !== null && isCgroupFrozen(places.sysRoot, cgroupPath))
      if (this.isRootAlive()) {
        this.whileAlive = { bytes: this.bytes, availableBytes: machine.availableBytes() }
      }
      return this.members
    },
    identities: () => tree.members()
  }
}

/** A sum with an unknown part is unknown: it would look exact and be too small. */
function gpuBytesOf(machine: SupervisorPorts['machine'], members: readonly ProcessInfo[]): Reading {
  let sum = 0
  for (const { pid } of members) {
    const bytes = machine.gpuBytes(pid)
    if (!isKnown(bytes)) return 'unknown'
    sum += bytes
  }
  return sum
}

function hostBytesOf(
  machine: SupervisorPorts['machine'],
  members: readonly ProcessInfo[]
): Pick<RunnerBytes, 'hostBytes' | 'fileBytes'> {
  let { hostBytes, fileBytes } = NO_BYTES
  for (const { pid } of members) {
    const host = machine.hostBytes(pid)
    hostBytes += host?.anonAndShmemBytes ?? 0
    fileBytes += host?.fileBytes ?? 0
  }
  return { hostBytes, fileBytes }
}

export const residentBytes = (bytes: RunnerBytes): number =>
  bytes.gpuBytes + bytes.hostBytes + bytes.fileBytes

/** The bytes of one process that would come back with it; its GPU memory only where it is known. */
export function ownBytes(machine: SupervisorPorts['machine'], pid: number): number {
  return orZero(machine.gpuBytes(pid)) + (machine.hostBytes(pid)?.anonAndShmemBytes ?? 0)
}
