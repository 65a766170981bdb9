import type { Candidate, VictimPhase } from '../../shared/model/guard.ts'
import { orZero, type Reading } from '../../shared/model/reading.ts'
import type { Profile, RunnerView } from '../../shared/model/runner.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'
import { plainText } from '../../shared/util/plain-text.ts'
import { foreignGroups } from './foreign.ts'

/** A candidate with the processes that an order to freeze or stop it would go to. */
export interface Party extends Candidate {
  readonly processes: readonly ProcessInfo[]
  /** Of its GPU bytes, part is the last known figure: the driver does not answer now. */
  readonly gpuIsOld: boolean
  /** What its own API would give back without ending it; 0 where it has none, or is at work. */
  readonly shrinkableBytes: number
}

export interface PartiesInput {
  readonly processes: readonly ProcessInfo[]
  readonly runners: readonly RunnerView[]
  readonly profiles: readonly Profile[]
  readonly gpu: GpuBytes
  /** Processes of Firebreak itself. */
  readonly ownPids: ReadonlySet<number>
  /** Of a profile, last measured. */
  readonly reloadS: (id: string) => Reading
}

/** GPU bytes that come out of system memory, by pid; where the driver is silent, as it last said. */
export interface GpuBytes {
  readonly byPid: ReadonlyMap<number, number>
  readonly oldPids: ReadonlySet<number>
}

/** Above this a runner is at work: a tenth of a core and more, in USER_HZ ticks a second. */
const WORKING_TICKS_PER_S = 10

/** Everybody who could be frozen or stopped: our runners that live, and foreign users of the GPU; growth is not in it. */
export function partiesOf(input: PartiesInput): readonly Party[] {
  const byPid = new Map(input.processes.map((one) => [one.pid, one]))
  const runnerPids = new Set(input.runners.flatMap((view) => view.pids))
  const own = new Set([...runnerPids, ...input.ownPids])
  const runners = input.runners.flatMap((view): Party[] => {
    const members = view.pids.flatMap((pid) => byPid.get(pid) ?? [])
    if (members.length === 0) return []
    const profile = input.profiles.find(({ id }) => id === view.id)
    return [
      {
        ...party(input, view.id, view.label, members),
        kind: 'runner',
        importance: profile?.importance ?? 'normal',
        pinned: profile?.pinned ?? false,
        phase: areStopped(members) ? 'frozen' : phaseOf(view),
        reloadS: input.reloadS(view.id),
        shrinkableBytes: shrinkableOf(view)
      }
    ]
  })
  const foreign = foreignGroups(input.processes, input.gpu.byPid, own).map(
    ({ id, label, processes }): Party => ({
      ...party(input, id, label, processes),
      kind: 'foreign',
      importance: 'normal',
      pinned: false,
      phase: areStopped(processes) ? 'frozen' : 'ready',
      reloadS: 'unknown',
      shrinkableBytes: 0
    })
  )
  return [...runners, ...foreign]
}

/**
 * Only one that is known to be at rest: one at work would finish its job first, or refuse, or lose it. And only where
 * nobody else's model goes with it and nobody has to start it again.
 */
const shrinkableOf = ({ free, activity, bytes }: RunnerView): number =>
  free?.frees === true && free.byItself && activity?.busy === false ? bytes.gpuBytes + bytes.hostBytes : 0

type Measured = Pick<
  Party,
  'id' | 'label' | 'names' | 'gpuBytes' | 'hostBytes' | 'growthBytesPerS' | 'processes' | 'gpuIsOld'
>

function party(
  { gpu }: PartiesInput,
  id: string,
  label: string,
  processes: readonly ProcessInfo[]
): Measured {
  return {
    id,
    label: plainText(label) || id,
    processes,
    names: [...new Set(processes.map((one) => one.name))],
    gpuBytes: processes.reduce((sum, one) => sum + (gpu.byPid.get(one.pid) ?? 0), 0),
    hostBytes: processes.reduce((sum, one) => sum + orZero(one.anonBytes) + orZero(one.shmemBytes), 0),
    growthBytesPerS: 0,
    gpuIsOld: processes.some((one) => gpu.oldPids.has(one.pid))
  }
}

/** Stopped by SIGSTOP, as the process table has it: what was once done to it may have been undone by anybody. */
const areStopped = (processes: readonly ProcessInfo[]): boolean =>
  processes.every(({ state }) => state === 'T')

function phaseOf(view: RunnerView): VictimPhase {
  return view.state === 'ready' ? 'ready' : 'loading'
}

/** CPU time of each party since the last look tells who works and who only waits. */
export interface IdleWatch {
  /** The same parties, 'ready' ones that have not worked since `IDLE_AFTER_MS` as 'idle'. */
  settle(monotonicMs: number, parties: readonly Party[]): readonly Party[]
}

/** A chat pauses this long between two questions. */
export const IDLE_AFTER_MS = 60_000

export function createIdleWatch(): IdleWatch {
  const seen = new Map<string, { ticks: number; atMs: number; workedMs: number }>()
  return {
    settle(monotonicMs, parties) {
      const ids = new Set(parties.map(({ id }) => id))
      for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id)
      return parties.map((one) => {
        const ticks = one.processes.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0)
        const last = seen.get(one.id)
        const elapsedS = last === undefined ? 0 : (monotonicMs - last.atMs) / 1_000
        const isWorking =
          last === undefined || (elapsedS > 0 && (ticks - last.ticks) / elapsedS >= WORKING_TICKS_PER_S)
        // The process table is a second old at most: a faster look would see no ticks at all.
        if (last === undefined || elapsedS >= 1)
          seen.set(one.id, {
            ticks,
            atMs: monotonicMs,
            workedMs: isWorking ? monotonicMs : (last?.workedMs ?? monotonicMs)
          })
        const workedMs = seen.get(one.id)?.workedMs ?? monotonicMs
        const isIdle = one.phase === 'ready' && monotonicMs - workedMs >= IDLE_AFTER_MS
        return isIdle ? { ...one, phase: 'idle' } : one
      })
    }
  }
}
