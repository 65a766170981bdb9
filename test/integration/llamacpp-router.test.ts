import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { llamaCppAdapter } from '../../src/main/runners/adapters/llamacpp/adapter.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const TIMEOUT_MS = 20_000
const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

describe('llama-server as the router of a folder', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  let runners: Runners
  let folder = ''

  beforeAll(() => {
    home = makeRunnerHome()
    folder = join(home.dir, 'models')
    mkdirSync(folder)
    makeGguf(join(folder, 'alpha.gguf'))
    makeGguf(join(folder, 'beta.gguf'))
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ binary })
  })
  afterEach(() => {
    expect(runners.holders()).toEqual([])
    runners.dispose()
    expect(home.warnings.splice(0)).toEqual([])
  })

  async function started(target: string): Promise<string> {
    const result = await runners.start(target, { contextTokens: 512 })
    if (!result.ok) throw new Error(result.error.message)
    return result.value.id
  }
  const stateOf = (id: string, model: string): string | undefined =>
    viewOf(runners, id).models?.find((one) => one.name === model)?.state

  test('both models are listed, loaded, asked for a token, unloaded; nothing is left after the stop', async () => {
    const id = await started(folder)
    const ready = await untilState(runners, id, 'ready')
    expect(ready.commandLine).toContain('--models-dir')
    await until(
      'both to be listed',
      () => stateOf(id, 'alpha') === 'unloaded' && stateOf(id, 'beta') === 'unloaded'
    )
    expect(viewOf(runners, id).free?.frees).toBe(true)

    expect(await runners.loadModel(id, 'alpha')).toEqual({ ok: true, value: undefined })
    expect(await runners.loadModel(id, 'beta')).toEqual({ ok: true, value: undefined })
    await until(
      'both to be loaded',
      () => stateOf(id, 'alpha') === 'loaded' && stateOf(id, 'beta') === 'loaded'
    )
    const { pids, url } = await until('their processes', () => {
      const view = viewOf(runners, id)
      return view.pids.length === 3 && view
    })
    if (url === null) throw new Error('no url')
    const profile = runners.profiles().find((one) => one.id === id)
    if (profile === undefined) throw new Error('no profile')
    expect(await llamaCppAdapter.prove(url, TIMEOUT_MS, profile)).toEqual({
      works: true,
      text: 'It made a token.'
    })
    expect(await llamaCppAdapter.activity(url, TIMEOUT_MS)).toMatchObject({ busy: false, requestsRunning: 0 })

    expect(await runners.unloadModel(id, 'alpha')).toEqual({ ok: true, value: undefined })
    await until('its process to be gone', () => pids.filter(isAlive).length === 2)
    expect(await runners.loadModel(id, 'gamma')).toMatchObject({ ok: false, error: { code: 'not-found' } })
    expect(await runners.free(id)).toMatchObject({ ok: true, value: { left: [] } })
    await until('the other process to be gone', () => pids.filter(isAlive).length === 1)

    expect(await runners.stop(id)).toMatchObject({ ok: true, value: { left: [] } })
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('one model alone: no list of models, and why it cannot be freed', async () => {
    const id = await started(join(folder, 'alpha.gguf'))
    const ready = await untilState(runners, id, 'ready')
    expect(ready).toMatchObject({ models: null, free: null })
    expect(await runners.free(id)).toMatchObject({
      ok: false,
      error: { code: 'refused', message: expect.stringContaining('--sleep-idle-seconds') }
    })
    expect(await runners.loadModel(id, 'alpha')).toMatchObject({ ok: false })
    expect(await llamaCppAdapter.activity(ready.url ?? '', TIMEOUT_MS)).toMatchObject({
      busy: false,
      requestsRunning: 0,
      requestsWaiting: 0
    })
    await runners.stop(id)
  })
})
