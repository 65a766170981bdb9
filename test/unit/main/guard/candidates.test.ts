import { describe, expect, it } from 'vitest'
import {
  createIdleWatch,
  IDLE_AFTER_MS,
  partiesOf,
  type PartiesInput
} from '../../../../src/main/guard/candidates.ts'
import { foreignGroups, LEAST_FOREIGN_GPU_BYTES } from '../../../../src/main/guard/foreign.ts'
import { containerOf } from '../../../../src/shared/domain/guard/container.ts'
import { processRow } from '../../../support/fake-machine.ts'
import { GIB, MIB, profile, runner } from './fixtures.ts'

const parties = (given: Partial<PartiesInput>) =>
  partiesOf({
    processes: [],
    runners: [],
    profiles: [],
    gpu: { byPid: new Map(), oldPids: new Set() },
    ownPids: new Set([1]),
    reloadS: () => 'unknown',
    ...given
  })

const gpu = (rows: Readonly<Record<number, number>>) => ({
  byPid: new Map(Object.entries(rows).map(([pid, bytes]) => [Number(pid), bytes])),
  oldPids: new Set<number>()
})

describe('who could be stopped', () => {
  const table = [
    processRow({ pid: 10, name: 'llama-server', anonBytes: GIB, shmemBytes: MIB }),
    processRow({ pid: 11, parentPid: 10, processGroupId: 10, name: 'helper', anonBytes: MIB })
  ]

  it('joins GPU and private memory of a runner’s whole tree with its profile', () => {
    const [one] = parties({
      processes: table,
      runners: [runner('big', [10, 11])],
      profiles: [profile('big', { importance: 'high', pinned: true })],
      gpu: gpu({ 10: 60 * GIB, 11: 2 * GIB }),
      reloadS: (id) => (id === 'big' ? 90 : 'unknown')
    })
    expect(one).toMatchObject({
      id: 'big',
      kind: 'runner',
      names: ['llama-server', 'helper'],
      gpuBytes: 62 * GIB,
      hostBytes: GIB + 2 * MIB,
      importance: 'high',
      pinned: true,
      phase: 'ready',
      reloadS: 90
    })
  })

  it('says what a runner is doing: it loads, it is frozen, it is idle', () => {
    const phases = (state: 'loading' | 'ready', processState: string) =>
      parties({
        processes: table.map((row) => ({ ...row, state: processState })),
        runners: [runner('big', [10, 11], { state })]
      }).map(({ phase }) => phase)
    expect(phases('loading', 'S')).toEqual(['loading'])
    expect(phases('ready', 'S')).toEqual(['ready'])
    expect(phases('loading', 'T')).toEqual(['frozen'])
    expect(phases('ready', 'T')).toEqual(['frozen'])
    expect(phases('ready', 'R')).toEqual(['ready'])

    const idle = createIdleWatch()
    const now = (cpuTicks: number) =>
      parties({ processes: table.map((row) => ({ ...row, cpuTicks })), runners: [runner('big', [10, 11])] })
    expect(idle.settle(0, now(0)).map(({ phase }) => phase)).toEqual(['ready'])
    expect(idle.settle(IDLE_AFTER_MS - 1, now(10)).map(({ phase }) => phase)).toEqual(['ready'])
    expect(idle.settle(IDLE_AFTER_MS + 1_000, now(12)).map(({ phase }) => phase)).toEqual(['idle'])
    expect(idle.settle(IDLE_AFTER_MS + 2_000, now(120)).map(({ phase }) => phase)).toEqual(['ready'])
  })

  it('names people can read, whatever a program or a profile calls itself', () => {
    const label = 'gpt\u202Egnp\u001b[31m'
    const found = parties({
      processes: [
        processRow({ pid: 10 }),
        processRow({ pid: 20, name: 'evil\u2066\u0007', commandLine: [] })
      ],
      runners: [runner('big', [10], { label })],
      gpu: gpu({ 20: GIB })
    })
    expect(found.map((one) => one.label)).toEqual(['gptgnp [31m', 'evil··'])
    expect(
      parties({ processes: table, runners: [runner('big', [10], { label: '\u202E' })] }).map(
        (one) => one.label
      )
    ).toEqual(['big'])
  })

  it('asks only one at rest to give memory back, and only where that gives any', () => {
    const bytes = { gpuBytes: 5 * GIB, hostBytes: GIB, fileBytes: 9 * GIB }
    const free = { frees: true, byItself: true, text: '' }
    const activity = {
      busy: false,
      requestsRunning: 0,
      requestsWaiting: 0,
      tokensPerS: 'unknown',
      idleSinceMs: null
    } as const
    const shrinkable = (more: Parameters<typeof runner>[2]): readonly number[] =>
      parties({ processes: table, runners: [runner('big', [10], { bytes, ...more })] }).map(
        (one) => one.shrinkableBytes
      )
    expect(shrinkable({ free, activity })).toEqual([6 * GIB])
    expect(shrinkable({ free, activity: { ...activity, busy: true } })).toEqual([0])
    expect(shrinkable({ free: { ...free, frees: false }, activity })).toEqual([0])
    expect(shrinkable({ activity })).toEqual([0])
    // Others' models would go too, or nobody would answer afterwards.
    expect(shrinkable({ free: { ...free, byItself: false }, activity })).toEqual([0])
    // Not known to be at rest.
    expect(shrinkable({ free, activity: null })).toEqual([0])
    expect(shrinkable({ free, activity: { ...activity, busy: 'unknown' } })).toEqual([0])
  })

  it('leaves out a runner without a process, and marks GPU figures the driver no longer confirms', () => {
    expect(parties({ processes: table, runners: [runner('gone', [99])] })).toEqual([])
    const silent = { byPid: new Map([[10, GIB]]), oldPids: new Set([10]) }
    expect(parties({ processes: table, runners: [runner('big', [10])], gpu: silent })).toMatchObject([
      { gpuBytes: GIB, gpuIsOld: true }
    ])
  })
})

describe('programs that Firebreak did not start', () => {
  const group = (
    table: Parameters<typeof foreignGroups>[0],
    rows: Readonly<Record<number, number>>,
    own = [1]
  ) =>
    foreignGroups(table, gpu(rows).byPid, new Set(own)).map(({ id, label, processes }) => ({
      id,
      label,
      pids: processes.map(({ pid }) => pid)
    }))

  it('are the job of a shell with all that descends from it, whoever of them holds the GPU', () => {
    const table = [
      processRow({ pid: 5, name: 'bash' }),
      processRow({ pid: 20, parentPid: 5, name: 'python3', commandLine: ['python3', 'serve.py'] }),
      processRow({ pid: 21, parentPid: 20, processGroupId: 20, name: 'python3' }),
      processRow({ pid: 22, parentPid: 21, processGroupId: 22, name: 'worker' })
    ]
    expect(group(table, { 21: 4 * GIB, 22: GIB })).toEqual([
      { id: `process:20:200`, label: 'python3', pids: [20, 21, 22] }
    ])
  })

  it('are never desktop programs, runners, Firebreak itself, or small', () => {
    const table = [
      processRow({ pid: 30, name: 'gnome-shell' }),
      processRow({ pid: 31, name: 'firefox' }),
      processRow({ pid: 32, name: 'llama-server' }),
      processRow({ pid: 33, name: 'node' }),
      processRow({ pid: 34, name: 'small' })
    ]
    const rows = { 30: GIB, 31: GIB, 32: GIB, 33: GIB, 34: LEAST_FOREIGN_GPU_BYTES - 1 }
    expect(group(table, rows, [32, 33])).toEqual([])
  })

  it('stand alone where their group holds the desktop or Firebreak', () => {
    const table = [
      processRow({ pid: 40, name: 'gnome-shell' }),
      processRow({ pid: 41, parentPid: 40, processGroupId: 40, name: 'comfyui' }),
      processRow({ pid: 42, parentPid: 41, processGroupId: 40, name: 'child' })
    ]
    expect(group(table, { 41: GIB })).toMatchObject([{ pids: [41, 42] }])
  })

  it('are all of a container, by its id', () => {
    const id = 'a'.repeat(64)
    const cgroup = `/system.slice/docker-${id}.scope`
    const table = [
      processRow({ pid: 50, name: 'sh', cgroup }),
      processRow({ pid: 51, parentPid: 50, processGroupId: 50, name: 'vllm', cgroup }),
      processRow({ pid: 52, name: 'other', cgroup: '/system.slice/x.service' })
    ]
    expect(group(table, { 51: GIB })).toEqual([
      { id: 'container:aaaaaaaaaaaa', label: 'vllm (container aaaaaaaaaaaa)', pids: [50, 51] }
    ])
  })

  const containers: readonly [string, string | null][] = [
    [`/system.slice/docker-${'b'.repeat(64)}.scope`, 'bbbbbbbbbbbb'],
    [`/system.slice/docker-${'b'.repeat(64)}.scope/init`, 'bbbbbbbbbbbb'],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${'c'.repeat(64)}.scope`,
      'cccccccccccc'
    ],
    [`/docker/${'d'.repeat(64)}`, 'dddddddddddd'],
    [`/kubepods.slice/x.slice/cri-containerd-${'e'.repeat(64)}.scope`, 'eeeeeeeeeeee'],
    ['/system.slice/docker.service', null],
    ['/user.slice/user-1000.slice/session-2.scope', null],
    [`/system.slice/docker-nothex.scope`, null]
  ]
  it.each(containers)('%s', (path, id) => {
    expect(containerOf(path)?.id ?? null).toBe(id)
  })

  it('names the container’s own path, whatever runs deeper', () => {
    const path = `/system.slice/docker-${'b'.repeat(64)}.scope`
    expect(containerOf(`${path}/inner/x`)?.path).toBe(path)
    expect(containerOf(null)).toBeNull()
  })
})
