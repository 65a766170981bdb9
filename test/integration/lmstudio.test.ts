import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { FieldProfile } from '../../src/shared/model/runner.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { quietMachine, startStandIn, type StandInService } from '../support/stand-ins/ollama-and-lmstudio.ts'
import { isAlive } from '../support/until.ts'

// LM Studio is in neither registry: a stand-in speaks its published REST API, with real processes and memory.
const MIB = 1_048_576
const HELD_MIB = 64
const MODEL = 'openai/gpt-oss-20b'
const EMBEDDER = 'nomic-embed'

describe('models in LM Studio', () => {
  let home: RunnerHome
  let runners: Runners
  let service: StandInService

  beforeAll(() => {
    home = makeRunnerHome()
  })
  afterAll(() => home.remove())
  beforeEach(async () => {
    runners = home.openRunners({}, quietMachine(home.machine))
    service = await startStandIn('lmstudio', {
      models: { [MODEL]: HELD_MIB, [EMBEDDER]: 16 },
      embedding: [EMBEDDER]
    })
  })
  afterEach(async () => {
    expect(runners.holders()).toEqual([])
    runners.dispose()
    await service.end()
    expect(home.warnings.splice(0)).toEqual([])
  })

  const profile = (model: string): FieldProfile => ({
    id: model.replace(/[^a-z0-9]+/g, '-'),
    label: model,
    kind: 'lmstudio',
    modelPath: model,
    settings: { port: service.port },
    restartOnCrash: true,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null
  })
  async function started(model: string): Promise<string> {
    const one = profile(model)
    await runners.saveProfile(one)
    const result = await runners.start(one.id, undefined)
    if (!result.ok) throw new Error(result.error.message)
    return one.id
  }

  test('loads, proves a token, unloads, and the memory of its process is back', async () => {
    const id = await started(MODEL)
    const ready = await untilState(runners, id, 'ready')
    expect(ready).toMatchObject({ stuck: null, url: service.url })
    expect(ready.pids).toHaveLength(1)
    expect(ready.bytes.hostBytes).toBeGreaterThan(HELD_MIB * MIB)
    const [pid = 0] = ready.pids
    expect(await runners.stop(id)).toMatchObject({ ok: true, value: { left: [], memoryIsBack: true } })
    expect(isAlive(pid)).toBe(false)
    expect(isAlive(service.pid)).toBe(true)
  })

  test('a copy that somebody else loaded is used, not doubled, and where nobody can tell its process that is said', async () => {
    await service.post('/api/v1/models/load', { model: MODEL })
    const id = await started(MODEL)
    const ready = await untilState(runners, id, 'ready')
    expect(ready.models?.filter((model) => model.state === 'loaded')).toHaveLength(1)
    // It has helpers beside: no guess is made which one holds the model.
    expect(ready.pids).toEqual([])
    expect(await runners.stop(id)).toMatchObject({
      ok: true,
      value: { bytesExpected: HELD_MIB * MIB, left: [] }
    })
  })

  test('an embedding model, and a model it does not have', async () => {
    const id = await started(EMBEDDER)
    expect(await untilState(runners, id, 'ready')).toMatchObject({ stuck: null })
    await runners.stop(id)
    const none = profile('none')
    await runners.saveProfile(none)
    expect(await runners.start(none.id, undefined)).toMatchObject({
      ok: false,
      error: { code: 'model-missing', message: expect.stringContaining('lms get none') }
    })
    expect(viewOf(runners, none.id).state).toBe('stopped')
  })
})
