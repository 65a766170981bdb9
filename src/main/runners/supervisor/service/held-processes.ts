import { isKnown, orZero } from '../../../../shared/model/reading.ts'
import type { RunnerBytes } from '../../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../../shared/model/snapshot.ts'
import { identityKey, type ProcessIdentity } from '../identity.ts'
import { ownBytes } from '../live-process.ts'
import type { MachineView } from '../types.ts'
import { bestGuess, findService, newest, withDescendants } from './holders.ts'
import type { ServiceFacts } from './services.ts'

const NO_BYTES: RunnerBytes = { gpuBytes: 0, hostBytes: 0, fileBytes: 0 }

/** The processes inside a service that hold one model, as far as they can be told. */
export interface HeldProcesses {
  /** From the last look; empty where nobody can tell. */
  members: readonly ProcessInfo[]
  bytes: RunnerBytes
  /** False where the driver's figures are old, or lack one of them. */
  isGpuKnown: boolean
  /** Largest GPU sum ever seen. */
  gpuPeakBytes: number
  /** The service's main process when last seen. */
  main: ProcessIdentity | null
  /** The model is about to be loaded: who comes from now on may hold it. */
  expect(): void
  /** Those of an earlier core, where they still live. */
  remember(known: readonly ProcessIdentity[]): void
  /** Looks again; while a load is expected, the newest large child is taken for the holder. */
  look(processes?: readonly ProcessInfo[]): readonly ProcessInfo[]
  /** The load is over: the holder stays the one it is. Where none came, it is guessed, where that can be done. */
  settle(saidBytes: number | null): void
  forget(): void
}

export function createHeldProcesses(machine: MachineView, facts: ServiceFacts): HeldProcesses {
  let root: ProcessIdentity | null = null
  let known = new Set<string>()
  let before: ReadonlySet<string> | null = null
  const bytesOf = (pid: number): number => ownBytes(machine, pid)
  return {
    members: [],
    bytes: NO_BYTES,
    isGpuKnown: true,
    gpuPeakBytes: 0,
    main: null,
    expect() {
      before = new Set(findService(machine.processes(), facts.processNames).below.map(identityKey))
    },
    remember(identities) {
      known = new Set(identities.map(identityKey))
    },
    look(processes = machine.processes()) {
      const { mains, below } = findService(processes, facts.processNames)
      this.main = mains[0] ?? null
      const rootKey = root === null ? null : identityKey(root)
      const holder =
        before === null
          ? processes.find((item) => identityKey(item) === rootKey)
          : newest(below, before, bytesOf)
      if (before !== null && holder) root = { pid: holder.pid, startTicks: holder.startTicks }
      const kept = processes.filter((item) => item.state !== 'Z' && known.has(identityKey(item)))
      const found = [...(holder ? withDescendants(holder, processes) : []), ...kept]
      const members = [...new Map(found.map((item) => [item.pid, item])).values()]
      // A load may start and end helpers; only the one that is settled on is held to be gone.
      known = before === null ? new Set(members.map(identityKey)) : known
      const gpu = members.map((item) => machine.gpuBytes(item.pid))
      this.isGpuKnown = gpu.every(isKnown)
      const gpuBytes = gpu.reduce<number>((sum, bytes) => sum + orZero(bytes), 0)
      this.gpuPeakBytes = Math.max(this.gpuPeakBytes, gpuBytes)
      this.members = members
      const hosts = members.map(({ pid }) => machine.hostBytes(pid))
      this.bytes = {
        // The last known figure stays while the driver is silent.
        gpuBytes: this.isGpuKnown ? gpuBytes : this.bytes.gpuBytes,
        hostBytes: hosts.reduce((sum, host) => sum + (host?.anonAndShmemBytes ?? 0), 0),
        fileBytes: hosts.reduce((sum, host) => sum + (host?.fileBytes ?? 0), 0)
      }
      return members
    },
    settle(saidBytes) {
      const processes = machine.processes()
      this.look(processes)
      before = null
      if (this.members.length === 0 && facts.childrenAreModels) {
        const { below } = findService(processes, facts.processNames)
        const guess = bestGuess(below, saidBytes, bytesOf)
        if (guess !== null) root = { pid: guess.pid, startTicks: guess.startTicks }
      }
      this.look(processes)
    },
    forget() {
      root = null
      before = null
      known = new Set()
      this.members = []
      this.bytes = NO_BYTES
      this.gpuPeakBytes = 0
    }
  }
}
