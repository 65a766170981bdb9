import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunnerView } from '../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../src/shared/settings/llamacpp-defaults.ts'
import { noContainerEngine, startContainerEngine, type ContainerEngine } from '../support/container-engine.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { isAlive, until } from '../support/until.ts'

const READY_DEADLINE_MS = 60_000
const found = await llamaServerOrSkip()
const missing = 'skip' in found ? found.skip : await noContainerEngine()
const ID = 'boxed'

describe('a core that is killed with a real container up', () => {
  beforeEach((context) => {
    if (missing !== null) context.skip(missing)
  })
  let engine: ContainerEngine
  let home: Home
  const cores: HeadlessCore[] = []
  beforeAll(async () => {
    if (missing !== null) return
    engine = await startContainerEngine()
    const made = makeHome()
    home = { ...made, env: { ...made.env, DOCKER_HOST: `unix://${engine.socket}` } }
    mkdirSync(join(home.dir, 'models'))
    makeGguf(join(home.dir, 'models', 'tiny.gguf'))
  }, 180_000)
  afterAll(async () => {
    await engine?.end()
    home?.remove()
  })

  afterEach(async () => {
    for (const core of cores.splice(0)) if (isAlive(core.pid)) await core.end('SIGKILL')
  })
  const start = async (): Promise<HeadlessCore> => {
    const core = await startHeadless(home)
    cores.push(core)
    return core
  }

  const ready = (core: HeadlessCore): Promise<RunnerView> =>
    until(
      'it to be ready',
      async () => {
        const list = await core.client.call('runners.list', {})
        if (!list.ok) throw new Error(list.error.message)
        const view = (list.value as readonly RunnerView[]).find(({ id }) => id === ID)
        if (view?.state === 'failed' || view?.state === 'lost') throw new Error(view.text)
        return view?.state === 'ready' && view
      },
      READY_DEADLINE_MS
    )

  test('the next one takes it back, starts no second one, and its stop removes it', async () => {
    const profile = {
      id: ID,
      label: ID,
      kind: 'llamacpp' as const,
      modelPath: join(home.dir, 'models', 'tiny.gguf'),
      restartOnCrash: true,
      pinned: false,
      floorBytes: null,
      lan: false,
      settings: {
        ...defaultLlamaCppSettings(),
        binary: '/usr/bin/llama-server',
        contextTokens: 512,
        extraArgs: []
      },
      container: {
        image: await engine.llamaImage(),
        gpus: false,
        shmMiB: 64,
        hostIpc: false,
        mounts: [{ hostPath: join(home.dir, 'models'), containerPath: '/models', readOnly: true }],
        env: []
      }
    }
    const first = await start()
    expect(await first.client.call('profiles.save', profile)).toMatchObject({ ok: true })
    expect(await first.client.call('runners.start', { target: ID })).toMatchObject({ ok: true })
    const before = await ready(first)
    expect(await engine.containers()).toEqual([before.containerId])
    expect(await first.end('SIGKILL')).toBe('SIGKILL')
    expect(before.pids.filter(isAlive)).toEqual(before.pids)

    const second = await start()
    const { pids, port, url, startedAtMs, containerId } = await ready(second)
    expect({ pids, port, url, startedAtMs, containerId }).toEqual({
      pids: before.pids,
      port: before.port,
      url: before.url,
      startedAtMs: before.startedAtMs,
      containerId: before.containerId
    })
    expect(await engine.containers()).toEqual([containerId])
    // It still gives tokens, and none is found beside it.
    const answer = await fetch(`${url}/completion`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'hello', n_predict: 2 })
    })
    expect(answer.status).toBe(200)
    const elsewhere = await second.client.call('runners.found', {})
    expect(elsewhere.ok && elsewhere.value.filter((one) => one.containerId === containerId)).toEqual([])
    expect(await second.client.call('runners.start', { target: ID })).toMatchObject({
      ok: false,
      error: { code: 'already-running' }
    })
    expect(await second.client.call('runners.stop', { id: ID })).toMatchObject({
      ok: true,
      value: { left: [] }
    })
    expect(pids.filter(isAlive)).toEqual([])
    await until('its removal', async () => (await engine.containers()).length === 0)
    expect(await second.end()).toBe(0)
  })
})
