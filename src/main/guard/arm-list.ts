import { containerOf } from '../../shared/domain/guard/container.ts'
import type { GuardPolicy, RankedVictim } from '../../shared/model/guard.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'
import type { ArmedProcess, ArmedVictim, Watch } from '../sentinel/protocol.ts'
import type { Party } from './candidates.ts'

/** From SIGKILL to the end of growth where nothing was learnt: drivers need longer for big models than the kernel. */
export const DEFAULT_STOP_LATENCY_MS = 500
/** Between SIGTERM and SIGKILL at most: whoever is told to end by the guard has no more than this to save something. */
export const MOST_GRACE_MS = 5_000

export interface ArmInput {
  readonly policy: GuardPolicy
  /** In the order in which they would be stopped. */
  readonly ranked: readonly RankedVictim[]
  readonly parties: readonly Party[]
  /** The whole table: who shares a group or a cgroup with a victim. */
  readonly processes: readonly ProcessInfo[]
  /** Where cgroup v2 is mounted; null where it is not. */
  readonly cgroupRoot: string | null
  /** As learnt; null where nothing was. */
  readonly stopLatencyMs: (id: string) => number | null
  readonly graceMs: number
  /** The user's own list. */
  readonly protectedNames: readonly string[]
  /** Whether others than own runners are not known yet. */
  readonly keepsOthers: boolean
}

/** What the sentinel is to watch: victims by pid and start time, with what is theirs alone. */
export function mainWatch(input: ArmInput): Watch {
  const byId = new Map(input.parties.map((one) => [one.id, one]))
  return {
    id: 'main',
    policy: input.policy,
    ...(input.keepsOthers ? { keepsOthers: true } : {}),
    protectedNames: input.protectedNames,
    victims: input.ranked.flatMap(({ id, label, bytes }): ArmedVictim[] => {
      const one = byId.get(id)
      if (one === undefined || one.processes.length === 0) return []
      return [
        {
          id,
          label,
          bytes,
          stopLatencyMs: input.stopLatencyMs(id) ?? DEFAULT_STOP_LATENCY_MS,
          graceMs: Math.min(MOST_GRACE_MS, input.graceMs),
          shrinkableBytes: one.shrinkableBytes,
          processes: one.processes.map(identityOf),
          groupLeaders: leadersOf(one.processes, input.processes),
          cgroupDir: cgroupDirOf(one, input.processes, input.cgroupRoot)
        }
      ]
    })
  }
}

const identityOf = ({ pid, startTicks }: ProcessInfo): ArmedProcess => ({ pid, startTicks })

/** Of groups all of whose members are its own: a signal to the group then reaches nobody else. */
function leadersOf(
  members: readonly ProcessInfo[],
  processes: readonly ProcessInfo[]
): readonly ArmedProcess[] {
  const own = new Set(members.map(({ pid }) => pid))
  return members
    .filter(({ pid, processGroupId }) => pid === processGroupId && pid > 1)
    .filter((leader) =>
      processes.every((one) => one.processGroupId !== leader.pid || own.has(one.pid) || one.state === 'Z')
    )
    .map(identityOf)
}

/** Scopes that the supervisor makes: firebreak-ID-SERIAL.scope. */
const OWN_SCOPE = /\/firebreak-[^/]+-\d+\.scope$/

/** Its own cgroup, where it has one alone: a scope made for this runner, or a container's. */
function cgroupDirOf(
  party: Party,
  processes: readonly ProcessInfo[],
  cgroupRoot: string | null
): string | null {
  if (cgroupRoot === null) return null
  const paths = new Set(
    party.processes.flatMap(({ cgroup }) => {
      if (cgroup === null) return []
      return party.kind === 'runner' ? cgroup : (containerOf(cgroup)?.path ?? cgroup)
    })
  )
  const [path] = paths
  if (paths.size !== 1 || path === undefined || path.includes('..')) return null
  const isMadeForIt = party.kind === 'runner' ? OWN_SCOPE.test(path) : containerOf(path) !== null
  const own = new Set(party.processes.map(({ pid }) => pid))
  const isShared = processes.some(
    (one) => !own.has(one.pid) && (one.cgroup === path || one.cgroup?.startsWith(`${path}/`) === true)
  )
  return isMadeForIt && !isShared ? `${cgroupRoot}${path}` : null
}
