import { basename } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { RUNNER_KINDS } from '../../../../../src/shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../../src/shared/model/specs/index.ts'
import {
  CONTAINER,
  FREE_PORT,
  makeConformanceHome,
  subjectOf,
  valueOf,
  type ConformanceHome
} from './subjects.ts'

/** One argv item that a shell would take apart, and do much harm with. */
const NASTY = `--odd=a b  'c' "d" $(touch /tmp/x) \`id\` ; | & > < * ? \\ ü\n`
/** Words that say what to do. */
const ADVICE = /\b(?:give|install|set|choose|correct|start|download|mount|stop|switch|make)\b/i

let home: ConformanceHome
beforeAll(() => {
  home = makeConformanceHome()
})
afterAll(() => home.remove())

const PROCESSES = RUNNER_KINDS.filter((kind) => RUNNER_SPECS[kind].way === 'process')
const NATIVE = PROCESSES.filter((kind) => subjectOf(kind).container !== 'only')
const CONTAINED = PROCESSES.filter((kind) => subjectOf(kind).container !== 'never')
const LISTENING = NATIVE.filter((kind) => subjectOf(kind).listens)
/** Run by these, an item would be read as a program. */
const SHELLS = /^(?:ba|da|z|k|fi)?sh$/

describe.each(NATIVE)('a program of this machine: %s', (kind) => {
  const { missingProgram, missingModel } = subjectOf(kind)
  test('is planned with its defaults', async () => {
    const plan = valueOf(await home.plan(kind, home.profile(kind)))
    expect(plan.file).toMatch(/^\//)
    expect(plan.container).toBeNull()
    expect(plan.args.every((item) => typeof item === 'string')).toBe(true)
  })
  test('a missing program is refused with what to do', async () => {
    const profile = home.profile(kind, missingProgram === null ? {} : { settings: missingProgram })
    const planned = await home.plan(kind, profile, home.context({ kind: 'free' }, false))
    expect(planned).toMatchObject({
      ok: false,
      error: { code: 'runner-missing', message: expect.stringMatching(ADVICE) }
    })
  })
  test('a missing model is refused with what to do', async () => {
    if (missingModel === null) return
    const planned = await home.plan(kind, home.profile(kind, { modelPath: missingModel.path }))
    expect(planned).toMatchObject({
      ok: false,
      error: { code: missingModel.code, message: expect.stringMatching(ADVICE) }
    })
  })
  test('no model at all is refused where it needs one', async () => {
    if (kind === 'llamacpp' || RUNNER_SPECS[kind].model.form === 'none') return
    const planned = await home.plan(kind, home.profile(kind, { modelPath: '' }))
    if (!planned.ok) expect(planned.error.code).toBe('model-missing')
    else expect(subjectOf(kind).missingModel).toBeNull()
  })
  test('an argument stays one argument, whatever is in it', async () => {
    const settings = subjectOf(kind).withArgs([NASTY, ''])
    if (settings === null) return
    const plan = valueOf(await home.plan(kind, home.profile(kind, { settings })))
    expect(plan.args.slice(-2)).toEqual([NASTY, ''])
    expect(basename(plan.file)).not.toMatch(SHELLS)
    expect(plan.args.filter((item) => item.includes('touch'))).toEqual([NASTY])
  })
})

describe.each(LISTENING)('where %s listens', (kind) => {
  test('a port that is taken is refused, with who has it', async () => {
    const profile = home.profile(kind, { settings: { port: 8123 } })
    const planned = await home.plan(kind, profile, home.context({ kind: 'taken', by: 'python3 (pid 7)' }))
    expect(planned).toMatchObject({
      ok: false,
      error: { code: 'port-in-use', message: expect.stringMatching(/8123.*python3 \(pid 7\).*Choose/s) }
    })
  })
  test('a port that only root may open is refused with what to do', async () => {
    const profile = home.profile(kind, { settings: { port: 80 } })
    const planned = await home.plan(kind, profile, home.context({ kind: 'forbidden' }))
    expect(planned).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringMatching(/80.*Choose/s) }
    })
  })
  test('without one it takes the first free from its usual port', async () => {
    const asked: number[] = []
    const context = {
      ...home.context(),
      firstFreePort: async (from: number) => {
        asked.push(from)
        return FREE_PORT
      }
    }
    const plan = valueOf(await home.plan(kind, home.profile(kind), context))
    expect(asked).toEqual([ADAPTERS[kind].defaultPort])
    expect(plan).toMatchObject({ port: FREE_PORT, url: `http://127.0.0.1:${FREE_PORT}` })
  })
  test('it listens on this machine alone, unless the profile says network', async () => {
    const words = async (lan: boolean): Promise<string> => {
      const { args, env } = valueOf(await home.plan(kind, home.profile(kind, { lan })))
      return [...args, ...Object.values(env)].join(' ')
    }
    expect(await words(false)).not.toContain('0.0.0.0')
    // One that only ever listens on loopback by itself says neither.
    expect((await words(false)).includes('127.0.0.1')).toBe((await words(true)).includes('0.0.0.0'))
  })
  test('it knows its own command line again, with model, port and address', async () => {
    const { modelPath, ...profile } = home.profile(kind)
    const { file, args, port, url } = valueOf(
      await home.plan(kind, { ...profile, modelPath } as typeof profile & { modelPath: string })
    )
    // A script is run by its interpreter; what is one itself is not.
    const isScript = !basename(file).startsWith('python')
    for (const before of isScript ? [[], ['/usr/bin/python3'], ['/opt/node/bin/node']] : [[]]) {
      const found = ADAPTERS[kind].recognise([...before, file, ...args])
      if (kind === 'custom') {
        expect(found).toBeNull()
        continue
      }
      expect(found).toMatchObject({ port, url })
      if (modelPath !== '') expect(found?.model).toBe(modelPath)
    }
    const address = ADAPTERS[kind].addressOf([file, ...args])
    if (kind !== 'custom') expect(address).toEqual({ port, url })
  })
})

describe.each(CONTAINED)('in a container: %s', (kind) => {
  test('only this machine may connect, unless the profile says network', async () => {
    const plan = async (lan: boolean) =>
      valueOf(await home.plan(kind, home.profile(kind, { lan, container: CONTAINER }))).container
    expect(await plan(false)).toMatchObject({ hostAddress: '127.0.0.1', image: CONTAINER.image, gpus: true })
    if (subjectOf(kind).listens) expect(await plan(true)).toMatchObject({ hostAddress: '0.0.0.0' })
  })
  test('inside it listens for the engine, and its variables arrive as they are', async () => {
    const { args, env, container, port } = valueOf(
      await home.plan(kind, home.profile(kind, { container: CONTAINER }))
    )
    expect(env['NAME']).toBe('a value=with "all" $(of) it')
    if (!subjectOf(kind).listens) return
    expect(port).toBe(FREE_PORT)
    expect(container?.containerPort).toBeGreaterThan(0)
    // The port of this machine is the engine's business, unless the same one is taken inside.
    expect(args.join(' ').includes(String(FREE_PORT))).toBe(container?.containerPort === FREE_PORT)
  })
  test('no program of this machine is needed', async () => {
    const profile = home.profile(kind, { container: CONTAINER })
    const planned = await home.plan(kind, profile, home.context({ kind: 'free' }, false))
    expect(planned).toMatchObject({ ok: true })
  })
})

describe.each(PROCESSES.filter((kind) => subjectOf(kind).container === 'only'))(
  '%s without a container',
  (kind) => {
    test('is refused with what to do', async () => {
      expect(await home.plan(kind, home.profile(kind))).toMatchObject({
        ok: false,
        error: { code: 'runner-missing', message: expect.stringMatching(ADVICE) }
      })
    })
  }
)

const STRANGERS: readonly (readonly string[])[] = [
  [],
  [''],
  ['bash', '-c', 'vllm serve a/b --port 8000'],
  ['/bin/sh', '-c', 'ollama serve'],
  ['vim', 'llama-server.md'],
  ['grep', '-r', 'vllm', 'serve'],
  ['python3'],
  ['python3', '-c', 'import vllm'],
  ['python3', '-m'],
  ['python3', '-m', 'http.server', '8000'],
  ['VLLM::EngineCore'],
  ['VLLM::Worker_TP0'],
  ['sglang::scheduler'],
  ['docker', 'run', '--gpus', 'all', '-p', '8000:8000', 'nvcr.io/nvidia/vllm:1', 'vllm', 'serve', 'a/b'],
  ['/usr/bin/sudo', 'systemctl', 'restart', 'ollama'],
  Array.from({ length: 4096 }, () => '--port')
]

describe.each(RUNNER_KINDS)('processes that are no %s', (kind) => {
  test.each(STRANGERS.map((commandLine) => [commandLine.slice(0, 6).join(' '), commandLine] as const))(
    '%s',
    (_words, commandLine) => {
      expect(ADAPTERS[kind].recognise(commandLine)).toBeNull()
    }
  )
})
