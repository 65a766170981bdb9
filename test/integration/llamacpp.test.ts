import { truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

/** 32 KiB of KV cache a token: 16384 tokens hold 512 MiB in memory, out of a file of 60 MB. */
const KV_HEAVY = { layers: 16, embedding: 512, feedForward: 512, heads: 8, headsKv: 8, contextLength: 16_384 }
const KV_HEAVY_CONTEXT = 16_384

describe('llama-server under the supervisor', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  let runners: Runners
  let tiny: string

  beforeAll(() => {
    home = makeRunnerHome()
    tiny = makeGguf(join(home.dir, 'tiny.gguf'))
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

  async function started(target: string, settings: Parameters<Runners['start']>[1] = {}): Promise<string> {
    const result = await runners.start(target, settings)
    if (!result.ok) throw new Error(result.error.message)
    return result.value.id
  }

  test('starts, becomes ready, gives tokens, stops, and its memory is back', async () => {
    const path = makeGguf(join(home.dir, 'heavy.gguf'), KV_HEAVY)
    const id = await started(path, { contextTokens: KV_HEAVY_CONTEXT })
    const ready = await untilState(runners, id, 'ready')
    expect(ready.text).toBe(`Ready at ${ready.url}`)
    expect(ready.commandLine).toContain('--ctx-checkpoints')
    const [pid = 0] = ready.pids
    expect(ready.pids).toHaveLength(1)

    const answer = await fetch(`${ready.url}/completion`, {
      method: 'POST',
      body: JSON.stringify({ prompt: 'hello', n_predict: 8 })
    })
    const body = (await answer.json()) as { tokens_predicted: number }
    expect(body.tokens_predicted).toBeGreaterThan(0)

    const stopped = await runners.stop(id)
    if (!stopped.ok) throw new Error(stopped.error.message)
    expect(stopped.value.bytesExpected).toBeGreaterThan(400 * MIB)
    expect(stopped.value.memoryIsBack).toBe(true)
    expect(stopped.value.bytesReturned).toBeGreaterThanOrEqual(0.9 * stopped.value.bytesExpected)
    expect(stopped.value.left).toEqual([])
    expect(stopped.value.text).toMatch(/^Stopped heavy\. \d+ MiB came back in [\d.]+ s\.$/)
    expect(isAlive(pid)).toBe(false)
    expect(viewOf(runners, id)).toMatchObject({ state: 'stopped', pids: [], text: stopped.value.text })
  })

  test('shows progress while a model loads, and says that something loads', async () => {
    const seen: string[] = []
    const watching = runners.onChange((view) => seen.push(`${view.state} ${view.text}`))
    const id = await started(join(home.dir, 'heavy.gguf'), { contextTokens: KV_HEAVY_CONTEXT })
    expect(runners.isLoading()).toBe(true)
    await untilState(runners, id, 'ready')
    expect(runners.isLoading()).toBe(false)
    expect(seen[0]).toBe('starting Starting.')
    expect(seen.some((line) => line.startsWith('loading Loading'))).toBe(true)
    watching.dispose()
    await runners.stop(id)
  })

  test('tells new log text, keeps the log 0600 on disk and reads it back', async () => {
    const heard: string[] = []
    const listening = runners.onLog((chunk) => heard.push(chunk.text))
    const id = await started(tiny)
    await untilState(runners, id, 'ready')
    await until('the log to be told', () => heard.join('').includes('model loaded'))
    const all = await runners.readLog(id, null, 65_536)
    expect(all).toMatchObject({ ok: true, value: { text: expect.stringContaining('listening on') } })
    listening.dispose()
    await runners.stop(id)
  })

  test('a model file that is not there, or cut short, fails before launch with what to do', async () => {
    const cut = makeGguf(join(home.dir, 'cut.gguf'))
    truncateSync(cut, 100_000)
    expect(await runners.start(join(home.dir, 'none.gguf'), {})).toMatchObject({
      ok: false,
      error: { code: 'model-missing', message: expect.stringContaining('Check the path') }
    })
    expect(await runners.start(cut, {})).toMatchObject({
      ok: false,
      error: {
        code: 'model-invalid',
        message: expect.stringContaining('cut.gguf is incomplete: 97.7 of 234 KiB')
      }
    })
    // Neither leaves a profile behind.
    expect(runners.list().map((view) => view.id)).not.toContain('cut')
  })

  test('a port in use is named with its owner', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect(await runners.start(tiny, { port })).toMatchObject({
      ok: false,
      error: { code: 'port-in-use', message: expect.stringContaining(`(pid ${process.pid})`) }
    })
    await new Promise((done) => server.close(done))
  })

  test('two runners started at once get different ports', async () => {
    const other = makeGguf(join(home.dir, 'other.gguf'))
    const [a, b] = await Promise.all([started(tiny), started(other)])
    await Promise.all([untilState(runners, a, 'ready'), untilState(runners, b, 'ready')])
    expect(viewOf(runners, a).port).not.toBe(viewOf(runners, b).port)
    await Promise.all([runners.stop(a), runners.stop(b)])
  })

  test('killed while loading: failed, in words, and nothing is left', async () => {
    const id = await started(join(home.dir, 'heavy.gguf'), { contextTokens: KV_HEAVY_CONTEXT })
    const [pid = 0] = (await untilState(runners, id, 'loading')).pids
    process.kill(pid, 'SIGKILL')
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id)
    )
    expect(failed.text).toMatch(/^heavy was killed \(SIGKILL\) from outside while loading; the kernel's/)
    expect(isAlive(pid)).toBe(false)
    await until('its pids to be forgotten', () => viewOf(runners, id).pids.length === 0)
  })

  test('an argument it does not know: failed with the reason from its log', async () => {
    const id = await started(tiny, { extraArgs: ['--frobnicate'] })
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id)
    )
    expect(failed.text).toContain('ended with code 1 while loading')
    expect(failed.text).toContain('does not know the argument --frobnicate')
  })

  test('exits 0 early', async () => {
    const id = await started(tiny, { extraArgs: ['--version'] })
    const failed = await until(
      'the failure',
      () => viewOf(runners, id).state === 'failed' && viewOf(runners, id)
    )
    expect(failed.text).toContain('tiny ended by itself with code 0 before it was ready')
  })

  test('secrets are not shown', async () => {
    const id = await started(tiny, { extraArgs: ['--api-key', 'hunter2', '--hf-token', 'hunter2'] })
    await untilState(runners, id, 'ready')
    const log = await runners.readLog(id, null, 65_536)
    expect(JSON.stringify([viewOf(runners, id), log])).not.toContain('hunter2')
    await runners.stop(id)
  })
})
