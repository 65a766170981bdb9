import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isAlive, until } from '../support/until.ts'
import { openDiscovery, somePort, startElsewhere } from '../support/discovery-home.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'

const server = await llamaServerOrSkip()
const binary = 'path' in server ? server.path : ''

describe('a llama-server that was started elsewhere', () => {
  beforeEach(needsLlamaServer(server))
  let home: RunnerHome
  beforeAll(() => {
    home = makeRunnerHome()
    makeGguf(join(home.dir, 'outside.gguf'))
  })
  afterAll(() => home.remove())

  const start = async (...more: readonly string[]): Promise<{ pid: number; port: number }> => {
    const port = await somePort()
    const args = ['-m', './outside.gguf', '--port', String(port), '-c', '512', '-np', '1', ...more]
    const child = startElsewhere(binary, args, home.dir)
    return { pid: child.pid ?? 0, port }
  }

  test('is found with its model, port and memory, taken over, and survives the next core', async () => {
    const { pid, port } = await start('--cache-ram', '16', '--no-warmup')
    const first = home.openRunners()
    const { discovery, fresh, untilFound } = openDiscovery(home, first)
    const found = await untilFound(pid, (one) => one.port === port && one.bytes.hostBytes > 0)
    expect(found).toMatchObject({
      pid,
      kind: 'llamacpp',
      label: 'outside',
      model: './outside.gguf',
      url: `http://127.0.0.1:${port}`,
      containerId: null,
      problem: null
    })
    const identity = { pid, startTicks: found.startTicks }
    const adoptable = await discovery.adoptable(identity)
    if (!adoptable.ok) throw new Error(adoptable.error.message)
    expect(await first.adoptFound(adoptable.value.process, adoptable.value.draft)).toMatchObject({ ok: true })
    expect(await untilState(first, 'outside', 'ready')).toMatchObject({
      kind: 'llamacpp',
      pids: [pid],
      url: `http://127.0.0.1:${port}`,
      modelPath: join(home.dir, 'outside.gguf')
    })
    expect(
      JSON.parse(readFileSync(join(home.dir, 'config', 'profiles', 'outside.json'), 'utf8'))
    ).toMatchObject({
      settings: { contextTokens: 512, promptCacheMiB: 16, port, extraArgs: ['--no-warmup'] }
    })
    expect((await fresh()).filter(({ pids }) => pids.includes(pid))).toEqual([])
    expect(await discovery.adoptable(identity)).toMatchObject({ error: { code: 'not-found' } })
    expect(await first.adoptFound(adoptable.value.process, adoptable.value.draft)).toMatchObject({
      error: { code: 'already-running' }
    })
    expect(await first.start('outside', undefined)).toMatchObject({ error: { code: 'already-running' } })
    first.dispose()

    const second = home.openRunners()
    expect(await second.adoptLeftRunning()).toMatchObject([{ id: 'outside', state: 'ready', pids: [pid] }])
    const stopped = await second.stop('outside')
    expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
    expect(isAlive(pid)).toBe(false)

    // Its profile starts the same again.
    expect(await second.start('outside', undefined)).toMatchObject({ ok: true })
    const again = await untilState(second, 'outside', 'ready')
    expect(again).toMatchObject({ port, modelPath: join(home.dir, 'outside.gguf') })
    expect(await second.stop('outside')).toMatchObject({ ok: true })
    second.dispose()
    discovery.dispose()
  })

  test('ends by itself after it was taken over: shown as failed, and not started again', async () => {
    const { pid } = await start('--alias', 'other')
    const runners = home.openRunners()
    const { discovery, untilFound } = openDiscovery(home, runners)
    const { startTicks } = await untilFound(pid)
    const adoptable = await discovery.adoptable({ pid, startTicks })
    if (!adoptable.ok) throw new Error(adoptable.error.message)
    const adopted = await runners.adoptFound(adoptable.value.process, adoptable.value.draft)
    if (!adopted.ok) throw new Error(adopted.error.message)
    const { id } = adopted.value
    await untilState(runners, id, 'ready')
    process.kill(pid, 'SIGKILL')
    const failed = await until('its end to be seen', () => {
      const view = viewOf(runners, id)
      return view.state === 'failed' && view.pids.length === 0 && view
    })
    expect(failed.text).toContain('because somebody else had started it')
    runners.dispose()
    discovery.dispose()
  })

  test('is stopped on request, and only while it is the same process', async () => {
    const { pid } = await start()
    const { discovery, untilFound, fresh } = openDiscovery(home, null)
    const { startTicks } = await untilFound(pid, (one) => one.port !== null)
    expect(await discovery.stop({ pid, startTicks: startTicks + 1 })).toMatchObject({
      error: { code: 'not-found' }
    })
    expect(isAlive(pid)).toBe(true)
    const stopped = await discovery.stop({ pid, startTicks })
    expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
    expect(stopped.ok && stopped.value.text).toContain('Stopped outside')
    expect(isAlive(pid)).toBe(false)
    expect((await fresh()).some(({ pids }) => pids.includes(pid))).toBe(false)
    discovery.dispose()
  })

  test('a protected name is told, and no signal is sent', async () => {
    const { pid } = await start()
    const name = 'llama-server'
    const settings = (): never =>
      ({ guard: { protectedNames: [name] }, llamacpp: { stopTimeoutS: 2 } }) as never
    const { discovery, untilFound } = openDiscovery(home, null, { settings })
    const { startTicks, problem } = await untilFound(pid)
    expect(problem).toContain('protected list')
    expect(await discovery.stop({ pid, startTicks })).toMatchObject({ error: { code: 'refused' } })
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, 'SIGKILL')
    await until('its end', () => !isAlive(pid))
    discovery.dispose()
  })
})
