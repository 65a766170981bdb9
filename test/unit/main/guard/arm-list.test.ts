import { describe, expect, it } from 'vitest'
import {
  DEFAULT_STOP_LATENCY_MS,
  mainWatch,
  MOST_GRACE_MS,
  type ArmInput
} from '../../../../src/main/guard/arm-list.ts'
import type { Party } from '../../../../src/main/guard/candidates.ts'
import type { ProcessInfo } from '../../../../src/shared/model/snapshot.ts'
import { processRow } from '../../../support/fake-machine.ts'
import { GIB } from './fixtures.ts'

const party = (id: string, processes: readonly ProcessInfo[], kind: Party['kind'] = 'runner'): Party => ({
  id,
  label: id,
  kind,
  names: [],
  gpuBytes: GIB,
  hostBytes: 0,
  growthBytesPerS: 0,
  importance: 'normal',
  pinned: false,
  phase: 'ready',
  reloadS: 'unknown',
  processes,
  gpuIsOld: false,
  shrinkableBytes: 0
})

const watch = (
  parties: readonly Party[],
  others: readonly ProcessInfo[] = [],
  more: Partial<ArmInput> = {}
) =>
  mainWatch({
    policy: {
      mode: 'balanced',
      reserveBytes: 6 * GIB,
      floorBytes: 2 * GIB,
      restsAtBytes: 'unknown',
      answerMs: 15_000
    },
    ranked: parties.map(({ id, label, kind }) => ({
      id,
      label,
      kind,
      bytes: GIB,
      reloadS: 'unknown',
      why: ''
    })),
    parties,
    processes: [...parties.flatMap(({ processes }) => processes), ...others],
    cgroupRoot: '/sys/fs/cgroup',
    stopLatencyMs: () => null,
    graceMs: 15_000,
    protectedNames: [],
    keepsOthers: false,
    ...more
  }).victims

describe('what the sentinel is armed with', () => {
  it('is the whole tree by pid and start time, in the order of the ranking', () => {
    const tree = [processRow({ pid: 10 }), processRow({ pid: 11, parentPid: 10, processGroupId: 10 })]
    expect(watch([party('b', tree), party('a', [processRow({ pid: 20 })])])).toMatchObject([
      {
        id: 'b',
        processes: [
          { pid: 10, startTicks: 100 },
          { pid: 11, startTicks: 110 }
        ],
        groupLeaders: [{ pid: 10, startTicks: 100 }]
      },
      { id: 'a', groupLeaders: [{ pid: 20 }] }
    ])
  })

  it('leaves out who is ranked and gone', () => {
    const ranked = [
      { id: 'x', label: 'x', kind: 'runner' as const, bytes: 1, reloadS: 'unknown' as const, why: '' }
    ]
    expect(watch([party('a', [])])).toEqual([])
    expect(watch([], [], { ranked })).toEqual([])
  })

  it('names a group only where all of it is the victim’s', () => {
    const leader = processRow({ pid: 10 })
    const stranger = processRow({ pid: 12, processGroupId: 10 })
    expect(watch([party('a', [leader])], [stranger])).toMatchObject([{ groupLeaders: [] }])
    expect(watch([party('a', [leader])], [{ ...stranger, state: 'Z' }])).toMatchObject([
      { groupLeaders: [{ pid: 10 }] }
    ])
  })

  it('names a cgroup only where it was made for the victim and nobody else is in it', () => {
    const scope =
      '/user.slice/user-1000.slice/user@1000.service/firebreak.slice/firebreak-big-1700000000000.scope'
    const own = (cgroup: string | null) => party('big', [processRow({ pid: 10, cgroup })])
    expect(watch([own(scope)])).toMatchObject([{ cgroupDir: `/sys/fs/cgroup${scope}` }])
    expect(watch([own(scope)], [processRow({ pid: 99, cgroup: `${scope}/x` })])).toMatchObject([
      { cgroupDir: null }
    ])
    expect(watch([own('/user.slice/user-1000.slice/session-2.scope')])).toMatchObject([{ cgroupDir: null }])
    expect(watch([own(null)])).toMatchObject([{ cgroupDir: null }])
    expect(watch([own(scope)], [], { cgroupRoot: null })).toMatchObject([{ cgroupDir: null }])
  })

  it('names a container’s own cgroup', () => {
    const path = `/system.slice/docker-${'a'.repeat(64)}.scope`
    const members = [processRow({ pid: 10, cgroup: path }), processRow({ pid: 11, cgroup: `${path}/inner` })]
    expect(watch([party('container:a', members, 'foreign')])).toMatchObject([
      { cgroupDir: `/sys/fs/cgroup${path}` }
    ])
  })

  it('bounds the grace, and takes a learnt latency over the assumed one', () => {
    const one = [party('a', [processRow({ pid: 10 })])]
    expect(watch(one)).toMatchObject([{ graceMs: MOST_GRACE_MS, stopLatencyMs: DEFAULT_STOP_LATENCY_MS }])
    expect(watch(one, [], { graceMs: 1_000, stopLatencyMs: () => 2_300 })).toMatchObject([
      { graceMs: 1_000, stopLatencyMs: 2_300 }
    ])
  })
})
