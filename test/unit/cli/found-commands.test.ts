import { describe, expect, it } from 'vitest'
import type { Handlers } from '../../../src/main/transport/dispatcher.ts'
import { err, ok } from '../../../src/shared/util/result.ts'
import { useCliBench } from '../../support/cli-bench.ts'
import { sampleFound, sampleProfile, sampleRunner, sampleStop } from '../../support/fake-core.ts'

const { withCore, cli, nobody } = useCliBench()

describe('runners', () => {
  it('lists what was started elsewhere beside its own, under the number that stop and adopt take', async () => {
    const { dir } = await withCore()
    const { exit, stdout } = await cli(dir, 'runners', '--json')
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 'tiny', state: 'ready' },
      { id: '4711', state: 'found', kind: 'vllm', pid: 4711, pids: [4711, 4712], port: 8000 }
    ])
    const people = (await cli(dir, 'runners')).stdout
    expect(people).toMatch(/^4711 +vllm +found .*started by: terminal/m)
    expect(people).toContain('firebreakctl adopt PID')
  })

  it('shows what stands in the way in place of who started it', async () => {
    const { dir } = await withCore({
      'runners.found': async () => ok([{ ...sampleFound, problem: 'It runs as root\u001b[31m.' }] as never)
    })
    const { stdout } = await cli(dir, 'runners')
    expect(stdout).toContain('It runs as root\uFFFD')
  })

  it('tells its own also where the others cannot be looked for', async () => {
    const { dir } = await withCore({
      'runners.found': async () => err({ code: 'internal', message: 'no /proc' })
    })
    const { exit, stdout, stderr } = await cli(dir, 'runners', '--json')
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(1)
    expect(stderr).toContain('no /proc')
  })
})

describe('adopt', () => {
  it.each(['4711', '4712'])('process %s: its runner is taken over by pid and start time', async (pid) => {
    const { dir, core } = await withCore()
    const { exit, stdout } = await cli(dir, 'adopt', pid, '--json')
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ id: 'adopted', state: 'ready', url: 'http://127.0.0.1:8080' })
    expect(core.calls.at(-1)).toEqual({ command: 'runners.adopt', input: { pid: 4711, startTicks: 99 } })
  })

  it.each([
    ['1', 'belongs to no runner'],
    ['vllm', 'no process number'],
    ['99999999', 'no process number']
  ])('%s exits 2: %s', async (pid, words) => {
    const { dir } = await withCore()
    const { exit, stderr } = await cli(dir, 'adopt', pid)
    expect(exit).toBe(2)
    expect(stderr).toContain(words)
  })

  it('exits 3 where it is refused', async () => {
    const { dir } = await withCore({
      'runners.adopt': async () => err({ code: 'refused', message: 'It runs as root.' })
    })
    expect(await cli(dir, 'adopt', '4711')).toMatchObject({
      exit: 3,
      stderr: 'firebreakctl: It runs as root.\n'
    })
  })

  it('exits 5 without a core', async () => {
    expect((await cli(nobody, 'adopt', '4711')).exit).toBe(5)
  })
})

describe('stop of one that was started elsewhere', () => {
  it('gives the same proof', async () => {
    const { dir, core } = await withCore()
    const { exit, stdout } = await cli(dir, 'stop', '4712', '--wait', '--json')
    expect(exit).toBe(0)
    const { bytesReturned, seconds } = sampleStop
    expect(JSON.parse(stdout)).toEqual({ id: '4711', bytesReturned, seconds, left: [] })
    expect(core.calls.at(-1)).toEqual({ command: 'runners.stop-found', input: { pid: 4711, startTicks: 99 } })
  })

  it('exits 4 where memory is missing, and says how much', async () => {
    const left = [{ pid: 4712, name: 'VLLM::EngineCor', bytes: 2 ** 30 }]
    const { dir } = await withCore({
      'runners.stop-found': async () => ok({ ...sampleStop, left, memoryIsBack: false, bytesReturned: 0 })
    })
    const { exit, stderr } = await cli(dir, 'stop', '4711', '--wait')
    expect(exit).toBe(4)
    expect(stderr).toContain('2.0 GiB of 2.0 GiB are not back')
    expect(stderr).toContain('VLLM::EngineCor (pid 4712) holds 1.0 GiB')
  })

  it('a profile of that name comes first', async () => {
    const { dir, core } = await withCore({
      'runners.list': async () => ok([sampleRunner('4711', 'ready')] as never),
      'runners.stop': async () => ok(sampleStop as never)
    })
    expect((await cli(dir, 'stop', '4711', '--wait')).exit).toBe(0)
    expect(core.calls.at(-1)).toEqual({ command: 'runners.stop', input: { id: '4711' } })
  })
})

describe('start of any kind', () => {
  const asked = async (
    replaced: Partial<Handlers>,
    ...args: readonly string[]
  ): Promise<{ exit: number; input: unknown; stderr: string }> => {
    const { dir, core } = await withCore(replaced)
    const { exit, stderr } = await cli(dir, 'start', ...args)
    return { exit, input: core.calls.findLast(({ command }) => command === 'runners.start')?.input, stderr }
  }
  const vllmProfile = {
    'profiles.list': async () => ok([{ ...sampleProfile('big'), kind: 'vllm', settings: {} }] as never)
  } satisfies Partial<Handlers>

  it('a repository is no path, and the options get the names of that runner', async () => {
    const { input } = await asked(
      {},
      'openai/gpt-oss-120b',
      '--runner',
      'vllm',
      '--ctx',
      '8192',
      '--slots',
      '2'
    )
    expect(input).toEqual({
      target: 'openai/gpt-oss-120b',
      kind: 'vllm',
      settings: { maxModelLen: 8192, maxNumSeqs: 2 }
    })
  })

  it('a profile says of which kind it is', async () => {
    expect((await asked(vllmProfile, 'big', '--ctx', '8192', '--port', '9000')).input).toEqual({
      target: 'big',
      settings: { maxModelLen: 8192, port: 9000 }
    })
  })

  it.each([
    ['a number', ['--set', 'gpuMemoryUtilization=0.3'], { gpuMemoryUtilization: 0.3 }],
    ['a switch', ['--set', 'enforceEager=true'], { enforceEager: true }],
    ['a choice', ['--set', 'kvCacheDtype=fp8'], { kvCacheDtype: 'fp8' }],
    ['arguments', ['--arg=--foo', '--arg', 'bar'], { extraArgs: ['--foo', 'bar'] }]
  ])('takes %s', async (_what, options, settings) => {
    expect((await asked(vllmProfile, 'big', ...options)).input).toEqual({ target: 'big', settings })
  })

  it.each([
    ['--set', 'gpuMemoryUtilisation=0.3', "Did you mean 'gpuMemoryUtilization'?"],
    ['--set', 'gpuMemoryUtilization=7', 'Share of all memory: give a number'],
    ['--set', 'enforceEager=perhaps', 'say true or false'],
    ['--set', 'nothing', '--set takes KEY=VALUE']
  ])('%s %s exits 2: %s', async (option, value, words) => {
    const ran = await asked(vllmProfile, 'big', option, value)
    expect(ran).toMatchObject({ exit: 2, input: undefined })
    expect(ran.stderr).toContain(words)
  })

  it('refuses what a runner has no such thing of', async () => {
    const ran = await asked({}, 'llama3.2:3b', '--runner', 'ollama', '--ctx', '1')
    expect(ran).toMatchObject({ exit: 2, input: undefined })
    expect(ran.stderr).toContain('Ollama has no --ctx')
  })

  it('a playbook is started by its id', async () => {
    expect((await asked({}, 'tiny-playbook', '--ctx', '1')).input).toEqual({
      target: 'tiny-playbook',
      settings: { contextTokens: 1 }
    })
  })
})

describe('playbooks', () => {
  it('lists them, in two spellings', async () => {
    const { dir } = await withCore()
    const { exit, stdout } = await cli(dir, 'playbooks')
    expect(exit).toBe(0)
    expect(stdout).toBe('tiny-playbook  llamacpp  2.0 GiB  A tiny model\n')
    expect((await cli(dir, 'playbooks', 'list')).stdout).toBe(stdout)
    expect(JSON.parse((await cli(dir, 'playbooks', '--json')).stdout)).toMatchObject([
      { id: 'tiny-playbook' }
    ])
    expect((await cli(dir, 'playbooks', 'run')).exit).toBe(2)
  })
})

describe('stop by name', () => {
  const named = (id: string, label: string, state: 'ready' | 'stopped' = 'ready') => ({
    ...sampleRunner(id, state),
    label
  })
  it.each([
    ['Qwen3 8B', 0, ''],
    ['qwen3-8b', 0, ''],
    ['Twin', 2, 'Give the id of one: twin, twin-2.'],
    ['Nobody', 2, "There is no runner 'Nobody'. There are: qwen3-8b, old, twin, twin-2."]
  ])('%s exits %i', async (given, code, words) => {
    const { dir, core } = await withCore({
      'runners.list': async () =>
        ok([
          named('qwen3-8b', 'Qwen3 8B'),
          named('old', 'Qwen3 8B', 'stopped'),
          named('twin', 'Twin'),
          named('twin-2', 'Twin')
        ] as never),
      'runners.stop': async () => ok(sampleStop as never)
    })
    const { exit, stderr } = await cli(dir, 'stop', given, '--wait')
    expect([exit, stderr.includes(words)]).toEqual([code, true])
    if (code === 0) expect(core.calls.at(-1)).toEqual({ command: 'runners.stop', input: { id: 'qwen3-8b' } })
  })
})
