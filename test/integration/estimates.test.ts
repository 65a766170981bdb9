import { totalmem } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEstimates } from '../../src/main/estimates/estimates.ts'
import { createFacts } from '../../src/main/estimates/facts.ts'
import { createPlanner } from '../../src/main/estimates/planner/planner.ts'
import type { Estimates } from '../../src/main/estimates/types.ts'
import { createModelFactsReader } from '../../src/main/models/model-facts.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { Profile } from '../../src/shared/model/runner.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { LARGE, makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { until } from '../support/until.ts'

const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

let home: RunnerHome
let estimates: Estimates
beforeEach(() => {
  home = makeRunnerHome()
  estimates = open()
})
afterEach(() => {
  estimates.dispose()
  home.remove()
})

const open = (): Estimates =>
  createEstimates({
    clock: systemClock,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    storePath: join(home.dir, 'data', 'measured.json'),
    storeAccess: 'own',
    programOf: async () => binary,
    machine: () => ({
      memTotalBytes: totalmem(),
      memAvailableBytes: home.machine.availableBytes(),
      topology: 'none'
    }),
    isGpuKnown: () => false,
    gpuName: () => null,
    facts: createFacts({ reader: createModelFactsReader(), env: {}, homeDir: home.dir }),
    findModels: async () => [],
    planner: createPlanner({ clock: systemClock, serverOf: async () => binary, env: process.env }),
    allocatableBytes: () => home.machine.availableBytes(),
    mostBytes: () => totalmem(),
    runners: () => []
  })

describe('a real llama-server', () => {
  beforeEach(needsLlamaServer(found))

  it('takes what was said before, and the next estimate is what it took', { timeout: 120_000 }, async () => {
    const runners = home.openRunners({ binary })
    const model = makeGguf(join(home.dir, 'large.gguf'), LARGE)
    const started = await runners.start(model, { contextTokens: 4096, extraArgs: ['-lm', 'none'] })
    if (!started.ok) throw new Error(started.error.message)
    const { id } = started.value
    const profile = runners.profiles().find((one) => one.id === id) as Profile
    const launched = {
      ...profile,
      settings: { ...profile.settings, contextTokens: 4096, extraArgs: ['-lm', 'none'] }
    } as Profile
    const before = await estimates.of(launched)
    expect(before.estimate.source).toBe('planner')
    runners.onChange((view) => estimates.observe(launched, view))
    estimates.observe(launched, viewOf(runners, id))
    await untilState(runners, id, 'ready')
    const measured = await until('the run to be measured', async () => {
      estimates.observe(launched, viewOf(runners, id))
      return (await estimates.of(launched)).measured
    })
    // Weights of 440 MiB and a cache of 32 MiB; scratch that nobody used yet is not held yet.
    expect(Math.abs(measured.errorPct)).toBeLessThan(10)
    estimates.dispose()
    estimates = open()
    const after = await estimates.of(launched)
    expect(after.estimate.source).toBe('measured')
    expect(after.measured?.restingBytes).toBe(measured.restingBytes)
    expect(after.formula).toEqual(before.formula)
    await runners.stop(id)
  })
})
