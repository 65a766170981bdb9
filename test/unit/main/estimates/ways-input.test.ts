import { describe, expect, it } from 'vitest'
import { needOf } from '../../../../src/main/estimates/need.ts'
import { canHaveSmallCache } from '../../../../src/main/estimates/small-cache.ts'
import type { GgufFacts, ModelConfig, SafetensorsFacts } from '../../../../src/shared/model/model-facts.ts'
import type { FieldProfile, LlamaCppProfile } from '../../../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'

const GIB = 1024 ** 3

const common = {
  id: 'x',
  label: 'X',
  modelPath: '/m/x',
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
} as const

describe('a cache of 8 bits', () => {
  const profile = (extraArgs: readonly string[] = []): LlamaCppProfile => ({
    ...common,
    kind: 'llamacpp',
    settings: { ...defaultLlamaCppSettings(), extraArgs }
  })
  const facts = (hparams: GgufFacts['hparams']): GgufFacts =>
    ({
      format: 'gguf',
      architecture: 'phi2',
      hparams: { block_count: 4, embedding_length: 2560, 'attention.head_count': 32, ...hparams },
      tensors: {}
    }) as unknown as GgufFacts

  it('needs heads whose size is a multiple of 32, said or computed', () => {
    expect(canHaveSmallCache(profile(), facts({}))).toBe(false)
    expect(canHaveSmallCache(profile(), facts({ 'attention.head_count': 20 }))).toBe(true)
    const said = { 'attention.key_length': 128, 'attention.value_length': 128 }
    expect(canHaveSmallCache(profile(), facts(said))).toBe(true)
    expect(canHaveSmallCache(profile(), facts({ ...said, 'attention.value_length': 80 }))).toBe(false)
    expect(canHaveSmallCache(profile(), null)).toBe(true)
  })

  it.each([
    [['-fa', 'off']],
    [['-fa', 'false']],
    [['--flash-attn', 'disabled']],
    [['--flash-attn=0']],
    [['-fa', 'on', '-fa', 'off']]
  ])('needs flash attention: %j', (extraArgs) => {
    expect(canHaveSmallCache(profile(extraArgs), null)).toBe(false)
  })

  it.each([[['-fa']], [['-fa', 'auto']], [['-fa', 'off', '-fa', 'on']]])(
    'may be had with %j',
    (extraArgs) => {
      expect(canHaveSmallCache(profile(extraArgs), null)).toBe(true)
    }
  )
})

describe('the least share of a server', () => {
  const config: ModelConfig = {
    modelType: 'llama',
    layers: 32,
    hiddenSize: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    intermediateSize: 14_336,
    vocabularySize: 128_256,
    maxPositions: 131_072,
    isTied: false,
    dtype: 'bfloat16',
    slidingWindow: null,
    layerTypes: null,
    kvLoraRank: null,
    qkRopeHeadDim: null,
    fullAttentionInterval: null,
    experts: null,
    expertsPerToken: null,
    moeIntermediateSize: null,
    quantMethod: null,
    kvCacheType: null,
    mtpLayers: 0
  }
  const facts: SafetensorsFacts = {
    format: 'safetensors',
    path: '/m/x',
    repository: null,
    weightsBytes: 16 * GIB,
    parameters: 8e9,
    files: 4,
    largestFileBytes: 4 * GIB,
    config
  }
  const ask = (kind: FieldProfile['kind'], settings: FieldProfile['settings'] = {}) =>
    needOf({
      profile: { ...common, kind, settings },
      facts,
      draft: null,
      machine: { memTotalBytes: 128 * GIB, memAvailableBytes: 60 * GIB, topology: 'unified' }
    })

  it('is of what each takes a share of: all memory, what is free, what is left once it has loaded', () => {
    // One request of 131 072 tokens: 32 layers · 2 · 8 heads · 128 · 2 bytes = 128 KiB each.
    const cacheGib = 16
    expect(ask('vllm')?.cacheBytes).toBe(cacheGib * GIB)
    expect(ask('vllm')?.leastShare).toBeGreaterThan((16 + cacheGib) / 128)
    expect(ask('vllm')?.leastShare).toBeLessThan((16 + cacheGib + 6) / 128)
    expect(ask('sglang')?.leastShare).toBeGreaterThanOrEqual((16 + cacheGib) / 60)
    const left = 60 - 16 * 1.014 - 3.2
    expect(ask('trtllm')?.leastShare).toBeCloseTo(cacheGib / left, 2)
    expect(ask('trtllm', { maxSeqLen: 8192 })?.cacheBytes).toBe(GIB)
    expect(ask('nim')).toBeNull()
  })
})
