import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createContainers } from '../../src/main/runners/containers/containers.ts'
import { createEngineClient } from '../../src/main/runners/containers/engine-client.ts'
import { createFoundContainers } from '../../src/main/runners/containers/found-containers.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { FoundRunner } from '../../src/shared/model/runner.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { noContainerEngine, startContainerEngine, type ContainerEngine } from '../support/container-engine.ts'
import { openDiscovery, somePort } from '../support/discovery-home.ts'
import { llamaServerOrSkip } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const TIMEOUT_MS = 30_000
const found = await llamaServerOrSkip()
const missing = 'skip' in found ? found.skip : await noContainerEngine()

describe('a real llama-server in a container that somebody else made', () => {
  beforeEach((context) => {
    if (missing !== null) context.skip(missing)
  })
  let engine: ContainerEngine
  let home: RunnerHome
  beforeAll(async () => {
    if (missing !== null) return
    engine = await startContainerEngine()
    await engine.llamaImage()
    home = makeRunnerHome()
    mkdirSync(join(home.dir, 'models'))
    makeGguf(join(home.dir, 'models', 'boxed.gguf'))
  }, 180_000)
  afterAll(async () => {
    await engine?.end()
    home?.remove()
  })

  /** As `docker run -d --name NAME -p PORT:8080 -v …` would. */
  async function make(name: string): Promise<{ id: string; port: number }> {
    const client = createEngineClient(engine.socket)
    const port = await somePort()
    const made = await client.json({
      method: 'POST',
      path: '/containers/create',
      query: { name },
      timeoutMs: TIMEOUT_MS,
      body: {
        Image: await engine.llamaImage(),
        Entrypoint: ['/usr/bin/llama-server'],
        Cmd: ['-m', '/models/boxed.gguf', '-c', '512', '--host', '0.0.0.0', '--port', '8080'],
        Env: ['MY_OWN=1'],
        ExposedPorts: { '8080/tcp': {} },
        HostConfig: {
          PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
          Mounts: [{ Type: 'bind', Source: join(home.dir, 'models'), Target: '/models', ReadOnly: true }]
        }
      }
    })
    if (!made.ok) throw new Error(made.error.text)
    const { Id: id } = made.value as { Id: string }
    const path = `/containers/${id}/start`
    const started = await client.json({ method: 'POST', path, timeoutMs: TIMEOUT_MS })
    if (!started.ok) throw new Error(started.error.text)
    return { id, port }
  }
  const open = (): Runners => {
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
    return createRunners({
      places: home.places,
      clock: systemClock,
      logger,
      machine: home.machine,
      settings: () => defaultSettings(),
      adapters: ADAPTERS,
      containers: createContainers({ env: engine.env, homeDir: home.dir, logger })
    })
  }
  const untilSeen = (list: () => Promise<readonly FoundRunner[]>, id: string): Promise<FoundRunner> =>
    until('the container to be found', async () =>
      (await list()).find((one) => one.containerId === id && one.port !== null)
    )

  test('is found by name and published port, and stopped by its engine', { timeout: 120_000 }, async () => {
    const { id, port } = await make('elsewhere')
    const { discovery, fresh } = openDiscovery(home, null, { containers: createFoundContainers(engine.env) })
    const seen = await untilSeen(fresh, id)
    expect(seen).toMatchObject({
      kind: 'llamacpp',
      label: 'boxed',
      port,
      url: `http://127.0.0.1:${port}`,
      startedBy: 'container',
      startedByName: 'elsewhere',
      problem: null
    })
    const stopped = await discovery.stop({ pid: seen.pid, startTicks: seen.startTicks })
    expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
    expect(seen.pids.filter(isAlive)).toEqual([])
    expect(await engine.call('GET', `/containers/${id}/json`)).toMatchObject({ State: { Running: false } })
    await engine.call('DELETE', `/containers/${id}?force=1`)
    discovery.dispose()
  })

  test(
    'is taken over, taken back by the next core, stopped, and left to its maker',
    { timeout: 120_000 },
    async () => {
      const { id, port } = await make('adoptee')
      const first = open()
      const { discovery, fresh } = openDiscovery(home, first, {
        containers: createFoundContainers(engine.env)
      })
      const { pid, startTicks } = await untilSeen(fresh, id)
      const adoptable = await discovery.adoptable({ pid, startTicks })
      if (!adoptable.ok) throw new Error(adoptable.error.message)
      expect(adoptable.value.draft).toMatchObject({
        modelPath: join(home.dir, 'models', 'boxed.gguf'),
        restartOnCrash: false,
        container: {
          image: await engine.llamaImage(),
          env: expect.arrayContaining(['MY_OWN=1']),
          mounts: [{ hostPath: join(home.dir, 'models'), containerPath: '/models', readOnly: true }]
        }
      })
      expect(await first.adoptFound(adoptable.value.process, adoptable.value.draft)).toMatchObject({
        ok: true
      })
      expect(await untilState(first, 'boxed', 'ready')).toMatchObject({ containerId: id, port })
      first.dispose()

      const second = open()
      await second.adoptLeftRunning()
      expect(await untilState(second, 'boxed', 'ready')).toMatchObject({ containerId: id, port })
      expect(await second.stop('boxed')).toMatchObject({ ok: true, value: { left: [] } })
      expect(isAlive(pid)).toBe(false)
      expect(await engine.containers()).toEqual([id])
      await engine.call('DELETE', `/containers/${id}?force=1`)
      second.dispose()
      discovery.dispose()
    }
  )
})
