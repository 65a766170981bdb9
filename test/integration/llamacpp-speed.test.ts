import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { until } from '../support/until.ts'

const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

describe('the speed of a real llama-server', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  let runners: Runners
  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ binary })
  })
  afterEach(() => runners.dispose())

  test('none before the first request, seen while it runs, kept after it', async () => {
    const started = await runners.start(makeGguf(join(home.dir, 'tiny.gguf'), { contextLength: 65_536 }), {
      contextTokens: 65_536
    })
    if (!started.ok) throw new Error(started.error.message)
    const { id } = started.value
    const { url } = await untilState(runners, id, 'ready')
    const at = (wanted: (speed: unknown, busy: unknown) => boolean) =>
      until('its speed', () => {
        const { activity } = viewOf(runners, id)
        return activity !== null && wanted(activity.tokensPerS, activity.busy) && activity
      })

    expect(await at((_speed, busy) => busy === false)).toMatchObject({ tokensPerS: 'unknown' })

    const abort = new AbortController()
    const body = JSON.stringify({ prompt: 'hello', n_predict: 60_000, ignore_eos: true })
    const request = fetch(`${url}/completion`, { method: 'POST', body, signal: abort.signal }).catch(
      () => null
    )
    const during = await at((speed, busy) => busy === true && typeof speed === 'number')
    expect(during.tokensPerS).toBeGreaterThan(0)
    abort.abort()
    await request
    const after = await at((_speed, busy) => busy === false)
    expect(after.tokensPerS).toBeGreaterThan(0)
    await runners.stop(id)
  })
})
