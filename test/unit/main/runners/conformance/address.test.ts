import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { createFieldAdapter } from '../../../../../src/main/runners/adapters/common/field-adapter.ts'
import { addressRefusal, isAskable } from '../../../../../src/main/runners/supervisor/address.ts'
import { RUNNER_KINDS } from '../../../../../src/shared/model/runner.ts'
import { VLLM_SPEC } from '../../../../../src/shared/model/specs/vllm.ts'
import { sampleProfile } from '../../../../support/fake-core.ts'

const TIMEOUT_MS = 50
const JOBS: ReadonlySet<string> = new Set(['finetune', 'custom'])

describe.each(['', 'no address', 'http://', '127.0.0.1:8000x'])('a runner at %j', (url) => {
  test.each(RUNNER_KINDS)('%s is asked nothing that throws', async (kind) => {
    const adapter = ADAPTERS[kind]
    const isJob = JOBS.has(kind) && url === ''
    expect(await adapter.probe(url, TIMEOUT_MS)).toBe(isJob ? 'ready' : 'no-answer')
    expect((await adapter.prove(url, TIMEOUT_MS, sampleProfile('a'))).works).toBe(isJob)
    expect((await adapter.activity(url, TIMEOUT_MS)) !== null).toBe(isJob)
    expect((await adapter.free?.free(url, TIMEOUT_MS))?.ok ?? false).toBe(false)
    expect((await adapter.models?.list(url, TIMEOUT_MS)) ?? null).toBeNull()
    expect((await adapter.models?.load(url, 'm', TIMEOUT_MS))?.ok ?? false).toBe(false)
    expect((await adapter.models?.unload(url, 'm', TIMEOUT_MS))?.ok ?? false).toBe(false)
  })

  test('an adapter made of fields answers by itself, too', async () => {
    const adapter = createFieldAdapter({
      ...ADAPTERS.vllm,
      spec: VLLM_SPEC,
      programs: ['vllm'],
      containerProgram: '',
      containerPort: 1,
      command: () => ({ ok: true, value: { args: [], env: {} } }),
      readyPath: '/health'
    })
    expect(await adapter.probe(url, TIMEOUT_MS)).toBe('no-answer')
  })
})

test.each(RUNNER_KINDS)('%s is taken over only where it can be asked', (kind) => {
  expect(addressRefusal(kind, 'http://127.0.0.1:8000')).toBeNull()
  const refusal = addressRefusal(kind, null)
  if (JOBS.has(kind)) expect(refusal).toBeNull()
  else expect(refusal?.message).toContain('can be stopped here')
  expect(isAskable(kind, '')).toBe(JOBS.has(kind))
})
