import { describe, expect, it } from 'vitest'
import { groupRunners, type Match } from '../../../../../src/main/runners/discovery/groups.ts'
import {
  createLeftoverMemory,
  LEAST_LEFTOVER_BYTES
} from '../../../../../src/main/runners/discovery/leftovers.ts'
import { recogniseRunner } from '../../../../../src/main/runners/discovery/recognise.ts'
import type { RunnerAdapter } from '../../../../../src/main/runners/supervisor/adapter.ts'
import { RUNNER_KINDS, type RunnerKind } from '../../../../../src/shared/model/runner.ts'
import { processRow } from '../../../../support/fake-machine.ts'

const says = { model: null, port: null, url: null }
const match = (kind: RunnerKind): Match => ({ kind, says })
const row = (pid: number, parentPid: number, name = `p${pid}`): ReturnType<typeof processRow> =>
  processRow({ pid, parentPid, name })
const shape = (groups: ReturnType<typeof groupRunners>): unknown =>
  groups.map(({ kind, root, members }) => [kind, root.pid, members.map(({ pid }) => pid).sort()])

describe('groups', () => {
  it('an engine and its workers belong to their server', () => {
    const table = [row(10, 1), row(11, 10), row(12, 11), row(20, 1)]
    expect(shape(groupRunners(table, new Map([[10, match('vllm')]]), new Map()))).toEqual([
      ['vllm', 10, [10, 11, 12]]
    ])
  })

  it("a server below another one is that one's: Ollama's llama-server", () => {
    const table = [row(10, 1), row(11, 10)]
    const matches = new Map([
      [10, match('ollama')],
      [11, match('llamacpp')]
    ])
    expect(shape(groupRunners(table, matches, new Map()))).toEqual([['ollama', 10, [10, 11]]])
  })

  it('one that was started from JupyterLab is a runner of its own, and its host keeps the rest', () => {
    const table = [row(10, 1), row(11, 10), row(12, 11), row(13, 10)]
    const matches = new Map([
      [10, match('jupyterlab')],
      [12, match('llamacpp')]
    ])
    expect(shape(groupRunners(table, matches, new Map()))).toEqual([
      ['jupyterlab', 10, [10, 11, 13]],
      ['llamacpp', 12, [12]]
    ])
  })

  it('all of a container is one runner: the one that was there first', () => {
    const table = [row(10, 9), row(11, 9), row(12, 9), row(20, 1)]
    const matches = new Map([
      [10, match('open-webui')],
      [11, match('ollama')],
      [20, match('llamacpp')]
    ])
    const containers = new Map([
      [10, 'c'],
      [11, 'c'],
      [12, 'c']
    ])
    expect(shape(groupRunners(table, matches, containers))).toEqual([
      ['open-webui', 10, [10, 11, 12]],
      ['llamacpp', 20, [20]]
    ])
  })

  it('a table with a ring of parents ends', () => {
    const table = [row(10, 11), row(11, 10)]
    expect(shape(groupRunners(table, new Map([[10, match('vllm')]]), new Map()))).toEqual([
      ['vllm', 10, [10, 11]]
    ])
  })
})

describe('recognition', () => {
  const none: Pick<RunnerAdapter, 'recognise'> = { recognise: () => null }
  const adapters = {
    ...Object.fromEntries(RUNNER_KINDS.map((kind) => [kind, none])),
    llamacpp: {
      recognise: (args: readonly string[]) => (args.join(' ').includes('llama-server') ? says : null)
    }
  } as unknown as Parameters<typeof recogniseRunner>[0]

  it.each([
    [['/usr/bin/llama-server', '-m', 'a.gguf'], 'llamacpp'],
    [['sudo', 'llama-server'], undefined],
    [['bash', '-c', 'llama-server -m a.gguf'], undefined],
    [['-bash', '-c', 'llama-server'], undefined],
    [['docker', 'run', 'llama-server'], undefined],
    [['vim', 'llama-server.md'], undefined],
    [['sleep', '1'], undefined],
    [[], undefined]
  ])('%j is %s: who only carries a command line runs no model', (commandLine, kind) => {
    expect(recogniseRunner(adapters, commandLine)?.kind).toBe(kind)
  })
})

describe('leftovers', () => {
  const BYTES = LEAST_LEFTOVER_BYTES
  const free = (): boolean => true
  const group = (root: number, ...members: ReturnType<typeof processRow>[]): never =>
    ({
      ...match('vllm'),
      root: row(root, 1, 'python3'),
      name: 'python3',
      members,
      containerId: null
    }) as never

  it('names whose a child was, once its parent is gone, even where it leads its own group', () => {
    const memory = createLeftoverMemory()
    const child = row(11, 1, 'VLLM::EngineCor')
    memory.remember([group(10, row(10, 1), child)])
    const found = memory.find([row(1, 0), child], free, () => BYTES)
    expect(found).toMatchObject([{ kind: 'vllm', leftBy: 'python3 (pid 10)', root: { pid: 11 } }])
  })

  it('says nothing of one whose runner lives, or that holds little', () => {
    const memory = createLeftoverMemory()
    const child = row(11, 10)
    memory.remember([group(10, row(10, 1, 'python3'), child)])
    expect(memory.find([row(10, 1, 'python3'), child], free, () => BYTES)).toEqual([])
    expect(memory.find([child], free, () => BYTES - 1)).toEqual([])
  })

  it('finds one that nobody saw before: adopted by init, the leader of its group gone', () => {
    const orphan = processRow({ pid: 50, parentPid: 1, processGroupId: 49, name: 'python3' })
    const below = row(51, 50, 'python3')
    const found = createLeftoverMemory().find([row(1, 0), orphan, below], free, () => BYTES)
    expect(found).toMatchObject([{ kind: 'custom', leftBy: null, members: [{ pid: 50 }, { pid: 51 }] }])
  })

  it('passes over a shell, and what holds little itself or runs other programs', () => {
    const orphan = (name: string) => processRow({ pid: 50, parentPid: 1, processGroupId: 49, name })
    const found = (name: string, bytes: number) =>
      createLeftoverMemory().find([row(1, 0), orphan(name), row(51, 50, 'chromium')], free, (pid) =>
        pid === 51 ? BYTES : bytes
      )
    expect([found('bash', BYTES), found('python3', 0), found('node', BYTES)]).toEqual([[], [], []])
  })

  it.each([
    ['a service, which leads its own group', { pid: 50, parentPid: 1, processGroupId: 50 }],
    ['a program of the desktop', { pid: 50, parentPid: 1, processGroupId: 49, name: 'gnome-shell' }],
    ['one whose parent lives', { pid: 50, parentPid: 40, processGroupId: 49 }]
  ])('%s is none', (_what, facts) => {
    const table = [row(1, 0), row(40, 1), processRow(facts)]
    expect(createLeftoverMemory().find(table, free, () => BYTES)).toEqual([])
  })

  it('a pid that was given anew is nobody’s', () => {
    const memory = createLeftoverMemory()
    memory.remember([group(10, row(11, 10))])
    const other = processRow({ pid: 11, parentPid: 40, startTicks: 999 })
    expect(memory.find([row(40, 1), other], free, () => BYTES)).toEqual([])
  })
})
