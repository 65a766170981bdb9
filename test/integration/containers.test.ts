import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createContainers } from '../../src/main/runners/containers/containers.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { ContainerSettings, LlamaCppProfile } from '../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { noContainerEngine, startContainerEngine, type ContainerEngine } from '../support/container-engine.ts'
import { startImageRegistry, type ImageRegistry } from '../support/image-registry.ts'
import { llamaServerOrSkip } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
const found = await llamaServerOrSkip()
const missing = 'skip' in found ? found.skip : await noContainerEngine()

/** 512 MiB of KV cache out of a file of 60 MB. */
const KV_HEAVY = { layers: 16, embedding: 512, feedForward: 512, heads: 8, headsKv: 8, contextLength: 16_384 }
const KV_HEAVY_CONTEXT = 16_384
const TINY_CONTEXT = 512

/** A true crash: the first process of a container takes no such signal from outside. Its C library becomes zeros. */
function crash(pid: number): void {
  const line = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .find((one) => / r-xp .*\/libc\.so/.test(one))
  const [from = 0, to = 0] = (line?.split(' ')[0] ?? '').split('-').map((text) => Number.parseInt(text, 16))
  const memory = openSync(`/proc/${pid}/mem`, 'r+')
  writeSync(memory, Buffer.alloc(to - from), 0, to - from, from)
  closeSync(memory)
}

describe('a real llama-server in a real container', () => {
  beforeEach((context) => {
    if (missing !== null) context.skip(missing)
  })
  let engine: ContainerEngine
  let registry: ImageRegistry
  let home: RunnerHome
  let image: string
  const opened: Runners[] = []

  beforeAll(async () => {
    if (missing !== null) return
    registry = await startImageRegistry()
    engine = await startContainerEngine(registry.host)
    image = await engine.llamaImage()
    home = makeRunnerHome()
    mkdirSync(join(home.dir, 'models'))
    makeGguf(join(home.dir, 'models', 'tiny.gguf'))
    makeGguf(join(home.dir, 'models', 'heavy.gguf'), KV_HEAVY)
  }, 180_000)
  afterAll(async () => {
    for (const runners of opened.splice(0)) runners.dispose()
    await engine?.end()
    await registry?.end()
    home?.remove()
  })
  afterEach(async () => {
    if (missing !== null) return
    expect(await engine.containers()).toEqual([])
    expect(home.warnings.splice(0)).toEqual([])
  })

  /** A core's runners on the same folders; one at a time. */
  function open(env: NodeJS.ProcessEnv = engine.env): Runners {
    for (const runners of opened.splice(0)) runners.dispose()
    const logger = {
      info: () => {},
      warn: (message: string) => home.warnings.push(message),
      error: (message: string, cause?: unknown) => home.warnings.push(`${message} ${String(cause ?? '')}`)
    }
    const runners = createRunners({
      places: home.places,
      clock: systemClock,
      logger,
      machine: home.machine,
      settings: () => defaultSettings(),
      adapters: ADAPTERS,
      containers: createContainers({ env, homeDir: home.dir, logger })
    })
    opened.push(runners)
    return runners
  }

  const profileOf = (
    id: string,
    model: string,
    changes: Partial<ContainerSettings> = {},
    settings: Partial<LlamaCppProfile['settings']> = {}
  ): LlamaCppProfile => ({
    id,
    label: id,
    kind: 'llamacpp',
    modelPath: join(home.dir, 'models', model),
    restartOnCrash: false,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    settings: {
      ...defaultLlamaCppSettings(),
      binary: '/usr/bin/llama-server',
      contextTokens: TINY_CONTEXT,
      ...settings
    },
    container: {
      image,
      gpus: false,
      shmMiB: 64,
      hostIpc: false,
      mounts: [{ hostPath: '~/models', containerPath: '/models', readOnly: true }],
      env: ['HF_TOKEN=hunter2'],
      ...changes
    }
  })

  async function start(runners: Runners, profile: LlamaCppProfile): Promise<void> {
    const saved = await runners.saveProfile(profile)
    if (!saved.ok) throw new Error(saved.error.message)
    const started = await runners.start(profile.id, undefined)
    if (!started.ok) throw new Error(started.error.message)
  }

  test('starts, gives tokens, is taken back by the next core, and gives its memory back', async () => {
    const first = open()
    await start(first, profileOf('heavy', 'heavy.gguf', {}, { contextTokens: KV_HEAVY_CONTEXT }))
    const ready = await untilState(first, 'heavy', 'ready')
    expect(ready.containerId).toMatch(/^[0-9a-f]{64}$/)
    expect(ready.bytes.hostBytes).toBeGreaterThan(400 * MIB)
    const [pid = 0] = ready.pids
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000')
    expect(JSON.stringify(ready.commandLine)).not.toContain('hunter2')
    expect(await engine.call('GET', `/containers/${ready.containerId}/json`)).toMatchObject({
      Name: '/firebreak-heavy',
      Config: { Labels: { 'io.github.firebreak_panel.runner': 'heavy' } },
      HostConfig: {
        PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ready.port) }] },
        ShmSize: 64 * MIB
      }
    })

    const answer = await fetch(`${ready.url}/completion`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'hello', n_predict: 8 })
    })
    expect(((await answer.json()) as { tokens_predicted: number }).tokens_predicted).toBeGreaterThan(0)

    const second = open()
    const [adopted] = await second.adoptLeftRunning()
    expect(adopted).toMatchObject({ id: 'heavy', containerId: ready.containerId, port: ready.port })
    await untilState(second, 'heavy', 'ready')
    expect(await engine.containers()).toEqual([ready.containerId])

    const logged = async (): Promise<string> => {
      const log = await second.readLog('heavy', null, 262_144)
      return log.ok ? log.value.text : ''
    }
    const before = (await logged()).length
    await fetch(`${ready.url}/completion`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'a', n_predict: 2 })
    })
    await until('what it says after the restart', async () => (await logged()).length > before)
    // Nothing is written twice.
    expect((await logged()).match(/model loaded/g)).toHaveLength(1)

    const stopped = await second.stop('heavy')
    if (!stopped.ok) throw new Error(stopped.error.message)
    expect(stopped.value).toMatchObject({ memoryIsBack: true, left: [] })
    expect(stopped.value.bytesExpected).toBeGreaterThan(400 * MIB)
    expect(stopped.value.bytesReturned).toBeGreaterThanOrEqual(0.9 * stopped.value.bytesExpected)
    expect(isAlive(pid)).toBe(false)
    expect(viewOf(second, 'heavy')).toMatchObject({ state: 'stopped', containerId: null })
  })

  test('killed from outside: said so, and the container is gone', async () => {
    const runners = open()
    await start(runners, profileOf('killed', 'tiny.gguf'))
    const [pid = 0] = (await untilState(runners, 'killed', 'ready')).pids
    process.kill(pid, 'SIGKILL')
    const failed = await until('the end', () => viewOf(runners, 'killed').state === 'failed')
    expect(failed).toBe(true)
    expect(viewOf(runners, 'killed').text).toContain('was killed (137)')
    await until('its removal', async () => (await engine.containers()).length === 0)
    await until('its memory', () => viewOf(runners, 'killed').pids.length === 0)
  })

  test('ended while no core was there: found gone and removed', async () => {
    await start(open(), profileOf('alone', 'tiny.gguf'))
    const [first] = opened
    if (first === undefined) throw new Error('no runners')
    const [pid = 0] = (await untilState(first, 'alone', 'ready')).pids
    first.dispose()
    process.kill(pid, 'SIGKILL')
    await until('its end', () => !isAlive(pid))
    const second = open()
    expect(await second.adoptLeftRunning()).toEqual([])
    expect(viewOf(second, 'alone')).toMatchObject({
      state: 'lost',
      text: expect.stringContaining('alone was killed (137)')
    })
    await until('its removal', async () => (await engine.containers()).length === 0)
  })

  test('a bad argument: its words are in the log, and it is gone', async () => {
    const runners = open()
    await runners.saveProfile(profileOf('bad', 'tiny.gguf', {}, { extraArgs: ['--frobnicate'] }))
    await runners.start('bad', undefined)
    await until('the failure', () => viewOf(runners, 'bad').state === 'failed')
    expect(viewOf(runners, 'bad').text).toContain('ended with code 1')
    const log = await runners.readLog('bad', null, 65_536)
    expect(log).toMatchObject({ ok: true, value: { text: expect.stringContaining('--frobnicate') } })
    await until('its removal', async () => (await engine.containers()).length === 0)
  })

  test('a folder, a program and an image that cannot be are named', async () => {
    const runners = open()
    const mounts = [{ hostPath: '/nonexistent', containerPath: '/models', readOnly: true }]
    await runners.saveProfile(profileOf('folder', 'tiny.gguf', { mounts }))
    expect(await runners.start('folder', undefined)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('/nonexistent cannot be given to the container') }
    })
    await runners.saveProfile(profileOf('program', 'tiny.gguf', {}, { binary: '/usr/bin/no-such-program' }))
    expect(await runners.start('program', undefined)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('There is no program /usr/bin/no-such-program in the image') }
    })
    await runners.saveProfile(profileOf('gpu', 'tiny.gguf', { gpus: true }))
    // This engine has none to give: it must not run without.
    expect(await runners.start('gpu', undefined)).toMatchObject({
      ok: false,
      error: { code: 'runner-missing', message: expect.stringContaining('cannot give GPUs to containers') }
    })
    await runners.saveProfile(profileOf('name', 'tiny.gguf', { image: 'No Such Image' }))
    expect(await runners.start('name', undefined)).toMatchObject({
      ok: false,
      error: { code: 'bad-request', message: expect.stringContaining('is no name of an image') }
    })
  })

  test('an image that cannot be had: said with what to do', async () => {
    const runners = open()
    await runners.saveProfile(profileOf('image', 'tiny.gguf', { image: '127.0.0.1:9/none/such:1' }))
    await runners.start('image', undefined)
    await until('the failure', () => viewOf(runners, 'image').state === 'failed')
    expect(viewOf(runners, 'image').text).toContain('127.0.0.1:9 cannot be reached')
  })

  test('an image that is not here is pulled, and one that does not exist is named', async () => {
    const runners = open()
    await runners.saveProfile(profileOf('pulled', 'tiny.gguf', { image: registry.image }))
    const told: string[] = []
    const listening = runners.onChange((view) => told.push(view.text))
    expect(await runners.start('pulled', undefined)).toMatchObject({
      ok: true,
      value: { state: 'starting', text: `Pulling ${registry.image}.` }
    })
    await until('the end of the pull', () => viewOf(runners, 'pulled').state === 'failed')
    // It has but one file, and that is no server.
    expect(viewOf(runners, 'pulled').text).toContain('There is no program /usr/bin/llama-server in the image')
    // The second time it is there.
    expect(await runners.start('pulled', undefined)).toMatchObject({ ok: false })
    listening.dispose()

    await runners.saveProfile(profileOf('unknown', 'tiny.gguf', { image: `${registry.host}/test/none:1` }))
    await runners.start('unknown', undefined)
    await until('the failure', () => viewOf(runners, 'unknown').state === 'failed')
    expect(viewOf(runners, 'unknown').text).toMatch(/^There is no image .*Check its name and tag\./)
  })

  test('a stop gives up a pull', async () => {
    const runners = open()
    await runners.saveProfile(profileOf('slow', 'tiny.gguf', { image: registry.slowImage }))
    await runners.start('slow', undefined)
    expect(viewOf(runners, 'slow').state).toBe('starting')
    expect(await runners.stop('slow')).toMatchObject({ ok: true })
    expect(viewOf(runners, 'slow').state).toBe('stopped')
  })

  test('a crash is started again in a new container', async () => {
    const runners = open()
    await start(runners, { ...profileOf('crash', 'tiny.gguf'), restartOnCrash: true })
    const first = await untilState(runners, 'crash', 'ready')
    crash(first.pids[0] ?? 0)
    await until('the next one', () => {
      const { containerId, state } = viewOf(runners, 'crash')
      return state === 'ready' && containerId !== first.containerId
    })
    expect(viewOf(runners, 'crash').restarts).toBe(1)
    expect(await engine.containers()).toEqual([viewOf(runners, 'crash').containerId])
    await runners.stop('crash')
  })

  test('what an earlier run left under its name is removed, and what still runs is left alone', async () => {
    const lost = open()
    await start(lost, profileOf('again', 'tiny.gguf'))
    const { containerId } = await untilState(lost, 'again', 'ready')
    lost.dispose()
    rmSync(join(home.places.dataDir, 'runners.json'))
    const runners = open()
    expect(await runners.start('again', undefined)).toMatchObject({
      ok: false,
      error: {
        code: 'already-running',
        message: expect.stringContaining('docker rm --force firebreak-again')
      }
    })
    await engine.call('POST', `/containers/${containerId}/stop?t=5`)
    const started = await runners.start('again', undefined)
    expect(started).toMatchObject({ ok: true })
    const next = await untilState(runners, 'again', 'ready')
    expect(await engine.containers()).toEqual([next.containerId])
    await runners.stop('again')
  })

  test('no engine: said with what to do', async () => {
    const runners = open({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' })
    await runners.saveProfile(profileOf('engine', 'tiny.gguf'))
    expect(await runners.start('engine', undefined)).toMatchObject({
      ok: false,
      error: { code: 'runner-missing', message: expect.stringContaining('no container engine') }
    })
  })
})
