import { mkdirSync, writeFileSync, chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { FieldProfile, RunnerView } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import {
  freePort,
  quietMachine,
  startStandIn,
  type StandInService
} from '../support/stand-ins/ollama-and-lmstudio.ts'
import { isAlive, until } from '../support/until.ts'

// Ollama is in neither registry: a stand-in speaks its published API, with real processes that hold real memory.
const MIB = 1_048_576
const HELD_MIB = 64
const MODELS = { 'llama3.2:latest': HELD_MIB, 'qwen3:4b': HELD_MIB, 'all-minilm:latest': 16 }
const ENTRY = join(import.meta.dirname, '..', 'support', 'stand-ins', 'ollama-process.ts')

describe('models in Ollama', () => {
  let home: RunnerHome
  let runners: Runners
  let service: StandInService | null = null

  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ loadTimeoutS: 30 }, quietMachine(home.machine))
  })
  afterEach(async () => {
    expect(runners.holders()).toEqual([])
    runners.dispose()
    await service?.end()
    service = null
    expect(home.warnings.splice(0)).toEqual([])
  })

  const profile = (port: number, model: string, more: FieldProfile['settings'] = {}): FieldProfile => ({
    id: model.replace(/[^a-z0-9]+/g, '-'),
    label: model,
    kind: 'ollama',
    modelPath: model,
    settings: { port, ...more },
    restartOnCrash: true,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null
  })

  async function serve(plan: object = {}): Promise<StandInService> {
    service = await startStandIn('ollama', { models: MODELS, ...plan })
    return service
  }

  async function started(one: FieldProfile): Promise<string> {
    await runners.saveProfile(one)
    const result = await runners.start(one.id, undefined)
    if (!result.ok) throw new Error(result.error.message)
    return one.id
  }
  const stopped = async (id: string): ReturnType<Runners['stop']> => runners.stop(id)
  const names = (view: RunnerView): readonly string[] =>
    view.models?.filter((model) => model.state === 'loaded').map((model) => model.name) ?? []

  test('start loads it and proves a token, stop unloads it and its memory is back, the service stays', async () => {
    const { port, pid, url } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    const ready = await untilState(runners, id, 'ready')
    expect(ready).toMatchObject({ text: `Ready at ${url}`, url, port, stuck: null, activity: null })
    expect(ready.pids).toHaveLength(1)
    expect(ready.pids).not.toContain(pid)
    expect(ready.bytes.hostBytes).toBeGreaterThan(HELD_MIB * MIB)
    expect(ready.modelBytes).toBe(HELD_MIB * MIB)
    expect(ready.models).toContainEqual({ name: 'qwen3:4b', state: 'unloaded', bytes: 'unknown' })
    expect(ready.free?.text).toContain('those of others too')
    expect(ready.commandLine.slice(1)).toEqual(['run', '--keepalive', '-1s', 'llama3.2', ''])

    const [holder = 0] = ready.pids
    const result = await stopped(id)
    if (!result.ok) throw new Error(result.error.message)
    expect(result.value.bytesExpected).toBeGreaterThan(HELD_MIB * MIB)
    expect(result.value).toMatchObject({ memoryIsBack: true, left: [] })
    expect(isAlive(holder)).toBe(false)
    expect(isAlive(pid)).toBe(true)
    expect(viewOf(runners, id)).toMatchObject({
      state: 'stopped',
      pids: [],
      models: null,
      text: result.value.text
    })
  })

  test('a model it does not have is refused with how to get it', async () => {
    const { port } = await serve()
    const one = profile(port, 'gpt-oss:120b')
    await runners.saveProfile(one)
    expect(await runners.start(one.id, undefined)).toMatchObject({
      ok: false,
      error: { code: 'model-missing', message: expect.stringContaining('ollama pull gpt-oss:120b') }
    })
    expect(viewOf(runners, one.id)).toMatchObject({ state: 'stopped', models: null })
  })

  test('where it does not run it is said how to start it, and it is started only where the profile says so', async () => {
    const port = await freePort()
    const one = profile(port, 'qwen3:4b')
    await runners.saveProfile(one)
    expect(await runners.start(one.id, undefined)).toMatchObject({
      ok: false,
      error: {
        code: 'runner-missing',
        message: expect.stringContaining(`Nothing answers at http://127.0.0.1:${port}`)
      }
    })
    const bin = join(home.dir, '.local', 'bin')
    mkdirSync(bin, { recursive: true })
    const plan = JSON.stringify({ models: MODELS })
    writeFileSync(
      join(bin, 'ollama'),
      `#!/bin/sh\necho $$ > ${home.dir}/service.pid\nexec ${process.execPath} ${ENTRY} "\${OLLAMA_HOST##*:}" '${plan}'\n`
    )
    chmodSync(join(bin, 'ollama'), 0o755)
    expect(await runners.start(one.id, undefined)).toMatchObject({
      ok: false,
      error: { code: 'not-running', message: expect.stringContaining("'ollama serve'") }
    })
    const allowed = profile(port, 'qwen3:4b', { startService: true })
    const id = await started(allowed)
    await untilState(runners, id, 'ready')
    const servicePid = home.pidFile('service.pid')
    await stopped(id)
    expect(isAlive(servicePid)).toBe(true)
    process.kill(servicePid, 'SIGTERM')
    await until('the service to end', () => !isAlive(servicePid))
    writeFileSync(join(bin, 'ollama'), '')
    chmodSync(join(bin, 'ollama'), 0o644)
  })

  test('what others loaded is listed, can be unloaded and loaded, and is left alone by a stop', async () => {
    const { port, post } = await serve()
    await post('/api/generate', { model: 'qwen3:4b' })
    const id = await started(profile(port, 'llama3.2'))
    await untilState(runners, id, 'ready')
    expect(new Set(names(viewOf(runners, id)))).toEqual(new Set(['llama3.2:latest', 'qwen3:4b']))
    const ours = viewOf(runners, id).pids
    expect(ours).toHaveLength(1)

    expect(await runners.unloadModel(id, 'qwen3:4b')).toEqual({ ok: true, value: undefined })
    await until('it to be unlisted', () => !names(viewOf(runners, id)).includes('qwen3:4b'))
    expect(await runners.loadModel(id, 'qwen3:4b')).toEqual({ ok: true, value: undefined })
    await until('it to be listed', () => names(viewOf(runners, id)).includes('qwen3:4b'))
    expect(viewOf(runners, id).pids).toEqual(ours)
    expect(await runners.loadModel(id, 'none')).toMatchObject({ ok: false, error: { code: 'model-missing' } })

    await stopped(id)
    const held = (await (await fetch(`http://127.0.0.1:${port}/api/ps`)).json()) as {
      models: { name: string }[]
    }
    expect(held.models.map((model) => model.name)).toEqual(['qwen3:4b'])
  })

  test('freeing memory unloads all, and says what came back', async () => {
    const { port } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    await untilState(runners, id, 'ready')
    const freed = await runners.free(id)
    expect(freed).toMatchObject({ ok: true, value: { left: [], text: expect.stringContaining('let go of') } })
    expect(freed.ok && freed.value.bytesExpected).toBeGreaterThan(HELD_MIB * MIB)
    const gone = await untilState(runners, id, 'stopped')
    expect(gone.text).toContain('is no longer loaded')
    expect(await runners.free(id)).toMatchObject({ ok: false, error: { code: 'not-running' } })
  })

  test('unloaded by somebody else: stopped, in words', async () => {
    const { port, post } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    await untilState(runners, id, 'ready')
    await post('/api/generate', { model: 'llama3.2', keep_alive: 0 })
    const view = await untilState(runners, id, 'stopped')
    expect(view.text).toBe('llama3.2 is no longer loaded: Ollama itself or another program unloaded it.')
  })

  test('a load that fails says why, and nothing is left', async () => {
    const why = 'model requires more system memory (80.0 GiB) than is available (40.0 GiB)'
    const { port } = await serve({ failing: { 'qwen3:4b': why } })
    const id = await started(profile(port, 'qwen3:4b'))
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id)
    )
    expect(failed).toMatchObject({
      pids: [],
      text: `qwen3:4b was not loaded. Ollama would not load qwen3:4b: ${why}.`
    })
  })

  test('200 without a token is shown as stuck', async () => {
    const { port } = await serve({ isMute: true })
    const id = await started(profile(port, 'llama3.2'))
    const ready = await untilState(runners, id, 'ready')
    expect(ready.stuck).toContain('It answered, but made no token.')
    await stopped(id)
  })

  test('an embedding model is loaded and proven in its own way', async () => {
    const { port } = await serve({ embedding: ['all-minilm:latest'] })
    const id = await started(profile(port, 'all-minilm'))
    expect(await untilState(runners, id, 'ready')).toMatchObject({ stuck: null })
    expect(await stopped(id)).toMatchObject({ ok: true, value: { left: [] } })
  })

  test('stopped while it loads', async () => {
    const { port } = await serve({ loadMs: 1_500 })
    const id = await started(profile(port, 'llama3.2'))
    const [pid = 0] = (
      await until('its process', () => {
        const view = viewOf(runners, id)
        return view.pids.length > 0 && view
      })
    ).pids
    expect(viewOf(runners, id).state).toBe('loading')
    expect(await stopped(id)).toMatchObject({ ok: true, value: { left: [] } })
    expect(isAlive(pid)).toBe(false)
  })

  test('the next core takes it back from the service and loads nothing anew', async () => {
    const { port } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    const before = await untilState(runners, id, 'ready')
    expect(JSON.parse(readFileSync(join(home.dir, 'data', 'runners.json'), 'utf8'))).toMatchObject({
      runners: [{ profile: { id } }]
    })
    runners.dispose()
    runners = home.openRunners({}, quietMachine(home.machine))
    const adopted = await runners.adoptLeftRunning()
    expect(adopted.map((view) => view.id)).toEqual([id])
    expect(await untilState(runners, id, 'ready')).toMatchObject({
      pids: before.pids,
      startedAtMs: before.startedAtMs,
      modelBytes: before.modelBytes
    })
    expect(await runners.start(id, undefined)).toMatchObject({
      ok: false,
      error: { code: 'already-running' }
    })
    await stopped(id)
  })

  test('unloaded while no core ran: said, and not loaded again', async () => {
    const { port, post } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    await untilState(runners, id, 'ready')
    runners.dispose()
    await post('/api/generate', { model: 'llama3.2', keep_alive: 0 })
    runners = home.openRunners({}, quietMachine(home.machine))
    expect(await runners.adoptLeftRunning()).toEqual([])
    expect(viewOf(runners, id)).toMatchObject({
      state: 'failed',
      pids: [],
      text: 'llama3.2 was not taken back: Ollama no longer has it loaded.'
    })
  })

  test('the guard ended its process: said, and not taken for a crash', async () => {
    const { port } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    const [pid = 0] = (await untilState(runners, id, 'ready')).pids
    process.kill(pid, 'SIGKILL')
    runners.noteGuardEvent(id, 'kill')
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id)
    )
    expect(failed.text).toContain('Stopped by the guard')
  })

  test('the service ends: its model is gone, and how to start it is said', async () => {
    const { port, pid } = await serve()
    const id = await started(profile(port, 'llama3.2'))
    await untilState(runners, id, 'ready')
    process.kill(pid, 'SIGTERM')
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id),
      30_000
    )
    expect(failed).toMatchObject({
      pids: [],
      text: expect.stringContaining('Ollama ended, and the model with it.')
    })
  })
})
