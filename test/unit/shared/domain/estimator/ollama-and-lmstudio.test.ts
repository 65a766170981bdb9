import { describe, expect, it } from 'vitest'
import { estimateProfile } from '../../../../../src/shared/domain/estimator/estimate.ts'
import { ollamaRun } from '../../../../../src/shared/domain/estimator/ollama.ts'
import type { EstimateMachine } from '../../../../../src/shared/model/estimate.ts'
import type { FieldProfile } from '../../../../../src/shared/model/runner.ts'
import { facts, GIB, LLAMA_8B, llamaProfile, MIB, QWEN35_9B, SPARK } from './llamacpp/models.ts'

const run = (
  machine: Partial<EstimateMachine>,
  environment: Readonly<Record<string, string>> = {},
  model = QWEN35_9B
) => ollamaRun(model, new Map(Object.entries(environment)), { ...SPARK, ...machine })

describe('Ollama', () => {
  it.each([
    [119 * GIB, 262_144, 2048],
    [47 * GIB, 262_144, 2048],
    [46 * GIB, 32_768, 1024],
    [23 * GIB, 32_768, 1024],
    [22 * GIB, 4096, 512]
  ])(
    'on a shared memory of %d bytes takes %d tokens in batches of %d',
    (memTotalBytes, contextTokens, batch) => {
      expect(run({ memTotalBytes })).toMatchObject({ contextTokens, batch, ubatch: batch, slots: 1 })
    }
  )
  it('without a GPU takes 4096 tokens', () => {
    expect(run({ topology: 'none' })).toMatchObject({ contextTokens: 4096, loadMode: 'auto' })
  })
  it('takes no more than the model was trained with', () => {
    expect(run({}, {}, LLAMA_8B).contextTokens).toBe(131_072)
  })
  it('follows its environment', () => {
    const environment = {
      OLLAMA_CONTEXT_LENGTH: '8192',
      OLLAMA_NUM_PARALLEL: '4',
      OLLAMA_KV_CACHE_TYPE: 'q8_0'
    }
    expect(run({}, environment)).toMatchObject({
      contextTokens: 32_768,
      slots: 4,
      typeK: 'q8_0',
      typeV: 'q8_0',
      batch: 1024
    })
  })
  it.each(['', '0', '-1', 'many', '1.5'])('ignores a context of %j', (length) => {
    expect(run({}, { OLLAMA_CONTEXT_LENGTH: length }).contextTokens).toBe(262_144)
  })

  const profile: FieldProfile = { ...llamaProfile(), kind: 'ollama', settings: {} }
  const request = { profile, draft: null, machine: SPARK }

  it('keeps 8 GiB of prompts, and its projector counts', () => {
    const vision = facts('llama', LLAMA_8B.hparams, { mmproj: { path: '/p', fileBytes: 100 * MIB } })
    const estimate = estimateProfile({ ...request, facts: vision })
    expect(estimate.parts.find(({ id }) => id === 'prompt-cache')?.peakBytes).toBe(8 * GIB)
    expect(estimate.parts.find(({ id }) => id === 'mmproj')?.lowBytes).toBe(100 * MIB)
    expect(estimate.confidence).toBe('rough')
    expect(estimate.notes.join(' ')).toContain('131,072 tokens')
  })
  it('reads the environment of its container', () => {
    const container = {
      image: 'ollama/ollama:1',
      gpus: true,
      shmMiB: 0,
      hostIpc: false,
      mounts: [],
      env: ['OLLAMA_CONTEXT_LENGTH=2048', 'nonsense', '=3']
    }
    const estimate = estimateProfile({ ...request, profile: { ...profile, container }, facts: LLAMA_8B })
    expect(estimate.notes.join(' ')).toContain('2,048 tokens')
  })
  it('says that nothing is known of a model that is not there', () => {
    expect(estimateProfile({ ...request, facts: null })).toMatchObject({ confidence: 'unknown', parts: [] })
  })
})

describe('LM Studio', () => {
  const profile: FieldProfile = { ...llamaProfile(), kind: 'lmstudio', settings: {} }
  const request = { profile, draft: null, machine: SPARK }

  it('loads with 4096 tokens and says that the app may say otherwise', () => {
    const estimate = estimateProfile({ ...request, facts: LLAMA_8B })
    expect(estimate.parts.find(({ id }) => id === 'kv')?.expectedBytes).toBe(512 * MIB)
    expect(estimate.confidence).toBe('rough')
    expect(estimate.notes.join(' ')).toContain('in the app is not seen')
  })
  it('says that nothing is known of a model that is not there', () => {
    expect(estimateProfile({ ...request, facts: null }).confidence).toBe('unknown')
  })
})
