import { describe, expect, it } from 'vitest'
import { resolveTarget } from '../../../../src/main/runners/supervisor/target.ts'
import type { Profile, RunnerKind } from '../../../../src/shared/model/runner.ts'
import { sampleProfile } from '../../../support/fake-core.ts'

const known = (...profiles: readonly Profile[]): Parameters<typeof resolveTarget>[2] => ({
  profiles,
  isTaken: (id) => profiles.some((one) => one.id === id),
  playbook: null,
  models: null
})
const resolve = (target: string, kind: RunnerKind, ...profiles: readonly Profile[]): unknown =>
  resolveTarget(target, undefined, known(...profiles), '/home/u', kind)

describe('a start that says what runs it', () => {
  it.each([
    ['openai/gpt-oss-120b', 'vllm', { id: 'gpt-oss-120b', modelPath: 'openai/gpt-oss-120b', kind: 'vllm' }],
    ['llama3.2:3b', 'ollama', { id: 'llama3.2-3b', modelPath: 'llama3.2:3b', kind: 'ollama' }],
    ['my-comfy', 'comfyui', { id: 'my-comfy', modelPath: '', kind: 'comfyui' }],
    ['~/models/x', 'sglang', { id: 'x', modelPath: '/home/u/models/x', kind: 'sglang' }]
  ] as const)('%s on %s makes a profile of that kind', (target, kind, profile) => {
    expect(resolve(target, kind)).toMatchObject({ ok: true, value: { isNew: true, profile } })
  })

  it('takes the profile there is', () => {
    const first = resolve('a/b', 'vllm') as { value: { profile: Profile } }
    expect(resolve('a/b', 'vllm', first.value.profile)).toMatchObject({
      value: { isNew: false, profile: { id: 'b' } }
    })
    expect(resolve('a/b', 'sglang', first.value.profile)).toMatchObject({
      value: { isNew: true, profile: { id: 'b-2', kind: 'sglang' } }
    })
  })

  it('a profile of another kind is not meant', () => {
    expect(resolve('tiny', 'vllm', sampleProfile('tiny'))).toMatchObject({
      ok: false,
      error: { code: 'bad-request', message: "'tiny' is a profile of llama.cpp, not of vLLM." }
    })
    expect(resolve('tiny', 'llamacpp', sampleProfile('tiny'))).toMatchObject({
      ok: true,
      value: { isNew: false }
    })
  })
})
