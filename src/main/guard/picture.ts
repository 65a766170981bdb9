import { rankVictims } from '../../shared/domain/guard/rank.ts'
import type { GuardPolicy, Ranking } from '../../shared/model/guard.ts'
import type { Profile, RunnerView } from '../../shared/model/runner.ts'
import type { ProcessInfo, Snapshot } from '../../shared/model/snapshot.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { createIdleWatch, partiesOf, type GpuBytes, type Party } from './candidates.ts'
import { createGrowthTracker, type Grown } from './growth.ts'
import { createGpuMemory } from './gpu-memory.ts'
import type { ForeignHolder, Learned } from './learned.ts'
import { policyOf } from './policy.ts'

/** Who could be stopped, in which order, and by which thresholds: of one snapshot. */
export interface Picture {
  readonly policy: GuardPolicy
  readonly parties: readonly Party[]
  readonly ranking: Ranking
  readonly processes: readonly ProcessInfo[]
  /** Who grew most in the last seconds, and by how much; null where nobody did. */
  readonly grower: { readonly label: string; readonly grown: Grown } | null
  /** What one of them grew lately. */
  grown(id: string): Grown | null
}

export interface PictureInput {
  readonly snapshot: Snapshot
  readonly settings: Settings
  readonly runners: readonly RunnerView[]
  readonly profiles: readonly Profile[]
  readonly ownPids: ReadonlySet<number>
  /** Present fall of memory. */
  readonly fallBytesPerS: number
  readonly uptimeMs: number
  /** RssAnon + RssShmem of a process, read now; null: gone. */
  readonly hostBytes: (pid: number) => number | null
}

/** The process table is a second old at most; while memory moves, who could be stopped is looked at each time. */
const FAST_INTERVAL_MS = 500

/** Makes the picture anew with each snapshot; remembers only what rates and the driver's silence need. */
export function createPictureMaker(
  learned: Pick<Learned, 'restsAtBytes' | 'reloadS'>
): (input: PictureInput) => Picture {
  const gpuMemory = createGpuMemory()
  const growth = createGrowthTracker()
  const idle = createIdleWatch()
  return (input) => {
    const { snapshot, settings, runners, profiles } = input
    const gpu: GpuBytes = gpuMemory.read(snapshot, input.uptimeMs)
    const listed = partiesOf({
      processes: snapshot.processes,
      runners,
      profiles,
      gpu,
      ownPids: input.ownPids,
      reloadS: learned.reloadS
    })
    const found =
      snapshot.intervalMs <= FAST_INTERVAL_MS
        ? listed.map((one) => ({ ...one, hostBytes: hostBytesNow(one, input.hostBytes) }))
        : listed
    growth.note(
      snapshot.monotonicMs,
      new Map(found.map(({ id, gpuBytes, hostBytes }) => [id, gpuBytes + hostBytes]))
    )
    const parties = idle
      .settle(snapshot.monotonicMs, found)
      .map((one) => ({ ...one, growthBytesPerS: growth.bytesPerS(one.id) }))
    const active = runners.filter((view) => view.pids.length > 0)
    const policy = policyOf({
      memTotalBytes: snapshot.memInfo.memTotalBytes,
      settings,
      profileFloors: active.map(({ id }) => profiles.find((one) => one.id === id)?.floorBytes ?? null),
      restsAtBytes: learned.restsAtBytes(runners, profiles, {
        atMs: snapshot.atMs,
        foreign: foreignOf(parties)
      })
    })
    const ranking = rankVictims(parties, {
      protectedNames: settings.guard.protectedNames,
      mayStopForeign: settings.guard.mayStopForeign,
      fallBytesPerS: input.fallBytesPerS
    })
    return {
      policy,
      parties,
      ranking,
      processes: snapshot.processes,
      grower: growerOf(parties, growth.grown),
      grown: growth.grown
    }
  }
}

/** Those whom Firebreak did not start, with what they hold. */
export const foreignOf = (parties: readonly Party[]): readonly ForeignHolder[] =>
  parties
    .filter(({ kind }) => kind === 'foreign')
    .map(({ id, gpuBytes, hostBytes }) => ({ id, bytes: gpuBytes + hostBytes }))

/** The table's figure stands in for a process that cannot be read. */
function hostBytesNow(party: Party, hostBytes: PictureInput['hostBytes']): number {
  let sum = 0
  for (const { pid } of party.processes) {
    const bytes = hostBytes(pid)
    if (bytes === null) return party.hostBytes
    sum += bytes
  }
  return sum
}

function growerOf(parties: readonly Party[], grownOf: (id: string) => Grown | null): Picture['grower'] {
  let most: Picture['grower'] = null
  for (const { id, label, growthBytesPerS, phase } of parties) {
    const grown = growthBytesPerS > 0 && phase !== 'frozen' ? grownOf(id) : null
    if (grown !== null && grown.bytes > (most?.grown.bytes ?? 0)) most = { label, grown }
  }
  return most
}
