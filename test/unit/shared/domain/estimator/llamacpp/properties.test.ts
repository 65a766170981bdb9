import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateLlamaRun } from '../../../../../../src/shared/domain/estimator/llamacpp/estimate-run.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from '../../../../../../src/shared/domain/estimator/llamacpp/run.ts'
import { totalOf } from '../../../../../../src/shared/domain/estimator/total.ts'
import type { Estimate } from '../../../../../../src/shared/model/estimate.ts'
import type { GgufFacts } from '../../../../../../src/shared/model/model-facts.ts'
import { DEEPSEEK_LITE, facts, GEMMA3_27B, GPT_OSS_120B, LLAMA_8B, QWEN35_9B, SPARK } from './models.ts'

const ARCHITECTURES = [
  'llama',
  'gemma3',
  'gemma3n',
  'gemma4',
  'gpt-oss',
  'llama4',
  'deepseek2',
  'qwen35',
  'qwen35moe',
  'mamba',
  'rwkv6',
  'jamba',
  'falcon-h1',
  'nemotron_h',
  'minimax-01',
  'lfm2',
  'bert',
  'nothing-known'
]
const KEYS = [
  'block_count',
  'context_length',
  'embedding_length',
  'feed_forward_length',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.key_length',
  'attention.value_length',
  'attention.key_length_mla',
  'attention.sliding_window',
  'attention.sliding_window_pattern',
  'attention.shared_kv_layers',
  'attention.recurrent_layers',
  'full_attention_interval',
  'nextn_predict_layers',
  'expert_count',
  'expert_used_count',
  'expert_feed_forward_length',
  'ssm.conv_kernel',
  'ssm.inner_size',
  'ssm.state_size',
  'ssm.group_count',
  'wkv.head_size',
  'shortconv.l_cache',
  'kda.head_dim'
] as const

const hparam = fc.oneof(
  fc.nat({ max: 300 }),
  fc.double(),
  fc.array(fc.nat({ max: 64 }), { maxLength: 80 }),
  fc.array(fc.boolean(), { maxLength: 80 }),
  fc.string({ maxLength: 8 }),
  fc.boolean()
)
const anyModel = fc
  .record({
    architecture: fc.constantFrom(...ARCHITECTURES),
    hparams: fc.dictionary(fc.constantFrom(...KEYS), hparam, { maxKeys: KEYS.length }),
    tensorBytes: fc.nat({ max: 1e12 })
  })
  .map(({ architecture, hparams, tensorBytes }) =>
    facts(architecture, hparams, {
      tensors: { totalBytes: tensorBytes, tokenEmbeddingBytes: tensorBytes / 10 }
    })
  )
const realModel = fc.constantFrom(LLAMA_8B, QWEN35_9B, GEMMA3_27B, GPT_OSS_120B, DEEPSEEK_LITE)
const type = fc.constantFrom('f16', 'q8_0', 'q4_0', 'bf16', 'f32')
const anyRun: fc.Arbitrary<LlamaRun> = fc
  .record({
    contextTokens: fc.nat({ max: 1_000_000 }),
    slots: fc.integer({ min: 1, max: 16 }),
    isUnified: fc.boolean(),
    batch: fc.integer({ min: 1, max: 8192 }),
    ubatch: fc.nat({ max: 8192 }),
    typeK: type,
    typeV: type,
    flashAttention: fc.boolean(),
    keepsFullWindow: fc.boolean(),
    gpuLayers: fc.integer({ min: -1, max: 100 }),
    checkpoints: fc.nat({ max: 64 }),
    isEmbedding: fc.boolean(),
    build: fc.constantFrom('current', 'before-june-2026')
  })
  .map((more) => ({ ...LLAMA_DEFAULTS, ...more }))
const topology = fc.constantFrom('unified', 'discrete', 'none')

const estimate = (model: GgufFacts, run: LlamaRun, where: typeof SPARK.topology = 'unified'): Estimate =>
  estimateLlamaRun({ facts: model, run, machine: { ...SPARK, topology: where }, draft: null })

/** All but the caches that fill with use. */
const staying = (of: Estimate): number =>
  totalOf(of.parts.filter(({ id }) => id !== 'prompt-cache')).peakBytes

describe('for every header and every run', () => {
  it('sizes are finite, not negative, and low ≤ expected ≤ peak', () => {
    fc.assert(
      fc.property(anyModel, anyRun, topology, (model, run, where) => {
        const { parts, total, growthBytes, bytesPerContextToken, activeWeightBytes } = estimate(
          model,
          run,
          where
        )
        for (const { lowBytes, expectedBytes, peakBytes } of [...parts, total]) {
          expect(
            [lowBytes, expectedBytes, peakBytes].every((bytes) => Number.isFinite(bytes) && bytes >= 0)
          ).toBe(true)
          expect(lowBytes).toBeLessThanOrEqual(expectedBytes)
          expect(expectedBytes).toBeLessThanOrEqual(peakBytes)
        }
        expect(total).toEqual(totalOf(parts))
        expect(growthBytes).toBeLessThanOrEqual(total.peakBytes)
        for (const size of [bytesPerContextToken, activeWeightBytes]) {
          if (size !== null) expect(Number.isFinite(size) && size >= 0).toBe(true)
        }
        expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length)
      })
    )
  })
  it('more context never takes less memory', () => {
    fc.assert(
      fc.property(realModel, anyRun, fc.nat({ max: 500_000 }), (model, run, more) => {
        const contextTokens = Math.max(1, run.contextTokens)
        const less = estimate(model, { ...run, contextTokens })
        const longer = estimate(model, { ...run, contextTokens: contextTokens + more })
        expect(longer.total.expectedBytes).toBeGreaterThanOrEqual(less.total.expectedBytes)
        expect(staying(longer)).toBeGreaterThanOrEqual(staying(less))
      })
    )
  })
  it('a quantised cache never takes more room than f16', () => {
    const cache = (of: Estimate): number => of.parts.find(({ id }) => id === 'kv')?.expectedBytes ?? 0
    fc.assert(
      fc.property(realModel, anyRun, fc.constantFrom('q8_0', 'q4_0', 'q5_1'), (model, run, quantised) => {
        const half = estimate(model, { ...run, typeK: 'f16', typeV: 'f16' })
        const small = estimate(model, { ...run, typeK: quantised, typeV: quantised })
        expect(cache(small)).toBeLessThanOrEqual(cache(half))
      })
    )
  })
  it('without a GPU it never takes more weights than with one', () => {
    const weights = (of: Estimate): number =>
      of.parts
        .filter(({ id }) => id.startsWith('weights'))
        .reduce((sum, { expectedBytes }) => sum + expectedBytes, 0)
    fc.assert(
      fc.property(anyModel, anyRun, (model, run) => {
        expect(weights(estimate(model, run, 'none'))).toBeLessThanOrEqual(weights(estimate(model, run)))
      })
    )
  })
})
