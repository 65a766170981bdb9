import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunnerAdapter } from '../../../../src/main/runners/supervisor/adapter.ts'
import {
  createPlanning,
  PLAN_DEADLINE_MS,
  type Planning
} from '../../../../src/main/runners/supervisor/planning.ts'
import type { LlamaCppProfile } from '../../../../src/shared/model/runner.ts'
import { ok } from '../../../../src/shared/util/result.ts'
import { ADAPTERS } from '../../../../src/main/runners/adapters/registry.ts'
import { defaultSettings } from '../../../../src/shared/settings/schema.ts'
import { quietLogger, sampleProfile } from '../../../support/fake-core.ts'

const never = new Promise<never>(() => undefined)
const profileOf = (id: string, port = 0): LlamaCppProfile => {
  const profile = sampleProfile(id)
  return { ...profile, settings: { ...profile.settings, port } }
}

function planningWith(hangs: (id: string) => boolean): Planning & { checks: string[] } {
  const checks: string[] = []
  const adapter: RunnerAdapter = {
    kind: 'llamacpp',
    defaultPort: 1,
    probe: async () => 'ready',
    explainExit: () => null,
    installed: async () => ({ path: null, problem: null }),
    addressOf: () => null,
    recognise: () => null,
    prove: async () => ({ works: true, text: '' }),
    activity: async () => null,
    loadedShare: () => null,
    free: null,
    models: null,
    setUp: [],
    async plan({ id, settings }, context) {
      checks.push(id)
      if (hangs(id)) await never
      const port = Number(settings.port)
      const state = await context.portState(port)
      const by = state.kind === 'taken' ? state.by : state.kind
      return ok({ file: by, args: [], container: null, env: {}, port, url: '', modelBytes: null })
    }
  }
  const places = { procRoot: '/proc', homeDir: '/' }
  const planning = createPlanning({
    ports: { places: places as never, logger: quietLogger(), settings: defaultSettings },
    adapters: { ...ADAPTERS, llamacpp: adapter },
    env: {},
    isBusy: () => true
  })
  return { ...planning, checks }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a model on a drive that does not answer holds up no other launch, and itself not for ever', async () => {
  const planning = planningWith((id) => id === 'stuck')
  const stuck = planning.plan(profileOf('stuck'))
  expect(await planning.plan(profileOf('other'))).toMatchObject({ ok: true })
  await vi.advanceTimersByTimeAsync(PLAN_DEADLINE_MS)
  expect(await stuck).toMatchObject({
    ok: false,
    error: { code: 'timeout', message: expect.stringContaining('/models/stuck.gguf') }
  })
  // The check still hangs: a second one would only take another thread.
  expect(await planning.plan(profileOf('stuck'))).toMatchObject({ ok: false, error: { code: 'timeout' } })
  expect(planning.checks).toEqual(['stuck', 'other'])
})

test('a port is promised once', async () => {
  const planning = planningWith(() => false)
  const port = 49_213
  const files = await Promise.all(
    ['a', 'b'].map(async (id) => {
      const planned = await planning.plan(profileOf(id, port))
      return planned.ok ? planned.value.file : 'error'
    })
  )
  expect(files).toEqual(['free', 'a'])
})
