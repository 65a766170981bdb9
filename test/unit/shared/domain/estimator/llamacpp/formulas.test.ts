import { describe, expect, it } from 'vitest'
import { rowBytes } from '../../../../../../src/shared/domain/estimator/llamacpp/cache-types.ts'
import {
  computeBytes,
  hostComputeBytes
} from '../../../../../../src/shared/domain/estimator/llamacpp/compute.ts'
import { cacheBytes, stateBytesOfOne } from '../../../../../../src/shared/domain/estimator/llamacpp/kv.ts'
import {
  contextOf,
  LLAMA_DEFAULTS,
  type LlamaRun
} from '../../../../../../src/shared/domain/estimator/llamacpp/run.ts'
import { checkpointsOf } from '../../../../../../src/shared/domain/estimator/llamacpp/server.ts'
import { shapeOf } from '../../../../../../src/shared/domain/estimator/llamacpp/shape.ts'
import type { GgufFacts } from '../../../../../../src/shared/model/model-facts.ts'
import { DEEPSEEK_LITE, facts, GEMMA3_27B, GPT_OSS_120B, LLAMA_8B, MIB, QWEN35_9B } from './models.ts'

function sizes(of: GgufFacts, more: Partial<LlamaRun>) {
  const shape = shapeOf(of)
  if (shape === null) throw new Error('the header has no layers')
  const run = { ...LLAMA_DEFAULTS, ...more }
  const context = contextOf(run, shape)
  const cache = cacheBytes(shape, run, context, true)
  return {
    context,
    cache: cache.totalBytes / MIB,
    states: (context.slots * stateBytesOfOne(shape)) / MIB,
    compute: computeBytes(shape, run, context, true) / MIB,
    hostCompute: hostComputeBytes(shape, run, context) / MIB,
    checkpoint: checkpointsOf(shape, run, context, cache).bytesOfOne / MIB
  }
}

describe('a row of a cache', () => {
  it.each([
    ['f32', 4096],
    ['f16', 2048],
    ['bf16', 2048],
    ['q8_0', 1088],
    ['q5_1', 768],
    ['q4_0', 576],
    ['Q8_0', 1088],
    ['something new', 2048]
  ])('of 1024 elements in %s takes %d bytes', (type, bytes) => {
    expect(rowBytes(type, 1024)).toBe(bytes)
  })
})

describe('context', () => {
  it('is padded to 256 and split among slots that share nothing', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 10_000, slots: 3 }).context).toMatchObject({
      cells: 3584,
      tokens: 10_752,
      streams: 3
    })
  })
  it('is one for all slots where they share it', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 10_000, slots: 3, isUnified: true }).context).toMatchObject({
      cells: 10_240,
      tokens: 10_240,
      streams: 1
    })
  })
  it('is what the model was trained with where none is set', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 0 }).context.tokens).toBe(131_072)
  })
  it('bounds batch and micro-batch', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 256 }).context).toMatchObject({ batch: 256, ubatch: 256 })
  })
})

describe('the cache', () => {
  it('of a plain model: 32 layers × 4096 tokens × 2 × 1024 in f16', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 4096 }).cache).toBe(512)
  })
  it('of Qwen3.5-9B as its log says: 8 attention layers of 32, q8_0, and 50.25 MiB of states', () => {
    const { cache, states } = sizes(QWEN35_9B, { contextTokens: 262_144, typeK: 'q8_0', typeV: 'q8_0' })
    expect(cache).toBe(4352)
    expect(states).toBe(50.25)
  })
  it('of Gemma-3-27B: 10 layers in full, 52 with a window of 1024 and a batch', () => {
    expect(sizes(GEMMA3_27B, { contextTokens: 32_768 }).cache).toBe((10 * 32_768 + 52 * 1536) / 128)
    expect(sizes(GEMMA3_27B, { contextTokens: 32_768, keepsFullWindow: true }).cache).toBe(
      (62 * 32_768) / 128
    )
  })
  it('has a window for each slot where slots share it', () => {
    const { context } = sizes(GEMMA3_27B, { contextTokens: 32_768, slots: 4, isUnified: true })
    expect(context.windowCells).toBe(4 * 1024 + 512)
  })
  it('of gpt-oss-120B: every other layer in full', () => {
    expect(sizes(GPT_OSS_120B, { contextTokens: 4096 }).cache).toBe((18 * (4096 + 768)) / 512)
  })
  it('that is compressed holds one row of 576 for K and V together', () => {
    expect(sizes(DEEPSEEK_LITE, { contextTokens: 4096 }).cache).toBe((27 * 4096 * 576 * 2) / MIB)
  })
  it('that is quantised is padded to where CUDA reads', () => {
    const rows = 27 * 32_768 * (576 / 32) * 34
    expect(sizes(DEEPSEEK_LITE, { contextTokens: 32_768, typeK: 'q8_0', typeV: 'q8_0' }).cache * MIB).toBe(
      rows + 27 * 512
    )
  })
  it('leaves out layers that guess ahead', () => {
    const hparams = { ...LLAMA_8B.hparams, nextn_predict_layers: 1 }
    expect(sizes(facts('glm4moe', hparams), { contextTokens: 4096 }).cache).toBe((512 * 31) / 32)
  })
  it('leaves out layers that read those of others', () => {
    const hparams = { ...LLAMA_8B.hparams, 'attention.sliding_window': 512 }
    expect(sizes(facts('gemma3n', hparams), { contextTokens: 4096 }).cache).toBe(
      // Of the first 20 layers every fifth keeps everything.
      (4 * 4096 + 16 * 1024) / 256
    )
  })
  it('takes a list of layers with a window over any pattern', () => {
    const byLayer = Array.from({ length: 32 }, (_, layer) => layer < 8)
    const hparams = {
      ...LLAMA_8B.hparams,
      'attention.sliding_window': 512,
      'attention.sliding_window_pattern': byLayer
    }
    expect(sizes(facts('gemma3', hparams), { contextTokens: 4096 }).cache).toBe((24 * 4096 + 8 * 1024) / 256)
  })
  it('ignores a window that llama.cpp ignores', () => {
    const hparams = { ...LLAMA_8B.hparams, 'attention.sliding_window': 512 }
    for (const architecture of ['phi3', 'llama', 'qwen2']) {
      expect(sizes(facts(architecture, hparams), { contextTokens: 4096 }).cache).toBe(512)
    }
  })
  it('of an embedding model is none', () => {
    expect(sizes(facts('bert', LLAMA_8B.hparams), { contextTokens: 4096 }).cache).toBe(0)
  })
})

describe('states of recurrent layers', () => {
  it('are one for each slot', () => {
    expect(sizes(QWEN35_9B, { contextTokens: 4096, slots: 4 }).states).toBe(201)
  })
  it('are all that a purely recurrent model has', () => {
    const mamba = facts('mamba', {
      block_count: 48,
      embedding_length: 2048,
      'ssm.conv_kernel': 4,
      'ssm.inner_size': 4096,
      'ssm.state_size': 16
    })
    const { cache, states } = sizes(mamba, { contextTokens: 4096 })
    expect(cache).toBe(0)
    expect(states).toBe((48 * 4 * (3 * 4096 + 16 * 4096)) / MIB)
  })
  it('are where a layer has no KV heads, and are kept beside attention in falcon-h1', () => {
    const ssm = { 'ssm.conv_kernel': 4, 'ssm.inner_size': 1024, 'ssm.state_size': 16, 'ssm.group_count': 1 }
    const kvHeads = Array.from({ length: 32 }, (_, layer) => (layer % 8 === 0 ? 8 : 0))
    const one = 4 * (3 * (1024 + 32) + 16 * 1024)
    const jamba = facts('jamba', { ...LLAMA_8B.hparams, ...ssm, 'attention.head_count_kv': kvHeads })
    expect(sizes(jamba, { contextTokens: 4096 })).toMatchObject({ cache: 64, states: (28 * one) / MIB })
    const both = facts('falcon-h1', { ...LLAMA_8B.hparams, ...ssm })
    expect(sizes(both, { contextTokens: 4096 })).toMatchObject({ cache: 512, states: (32 * one) / MIB })
  })
  it('need a layer of nemotron_h to have neither heads nor a feed-forward part', () => {
    const ssm = { 'ssm.conv_kernel': 4, 'ssm.inner_size': 1024, 'ssm.state_size': 16 }
    const hybrid = facts('nemotron_h', {
      ...LLAMA_8B.hparams,
      ...ssm,
      block_count: 3,
      'attention.head_count_kv': [0, 8, 0],
      feed_forward_length: [0, 0, 4096]
    })
    const { cache, states } = sizes(hybrid, { contextTokens: 4096 })
    expect(cache).toBe(16)
    expect(states).toBe((4 * (3 * 1024 + 16 * 1024)) / MIB)
  })
})

describe('compute buffers as the real planner has them', () => {
  // Values in whole MiB of llama.cpp b11118, which adds a few hundredths for small inputs.
  it.each([
    ['Llama-3.1-8B', LLAMA_8B, { contextTokens: 4096 }, 112],
    ['Gemma-3-27B', GEMMA3_27B, { contextTokens: 4096 }, 160.5],
    ['gpt-oss-120B', GPT_OSS_120B, { contextTokens: 4096 }, 91.5],
    [
      'gpt-oss-120B without flash attention',
      GPT_OSS_120B,
      { contextTokens: 8192, flashAttention: false },
      1072.75
    ],
    ['Qwen3.5-9B', QWEN35_9B, { contextTokens: 4096 }, 92],
    ['Gemma-3-27B in q8_0', GEMMA3_27B, { contextTokens: 32_768, typeK: 'q8_0', typeV: 'q8_0' }, 326.5]
  ])('%s', (_, model, run, expected) => {
    expect(Math.abs(sizes(model, run).compute - expected)).toBeLessThan(0.3)
  })
  it('of before June 2026 hold logits of the whole batch', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 4096, build: 'before-june-2026' }).compute).toBe(258.5)
  })
  it('on the host are masks and embeddings', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 32_768 }).hostCompute).toBe(48)
    // Masks are twice as wide without flash attention, and V's places are a list of their own.
    expect(sizes(LLAMA_8B, { contextTokens: 8192, flashAttention: false }).hostCompute).toBe(36)
  })
})

describe('compute buffers without a GPU', () => {
  /** Of the real planner of llama.cpp 0.7.0 (build 11669) on a processor, every token with an output; MiB, cut off. */
  it.each([
    ['Gemma-3-27B', GEMMA3_27B, 570],
    ['gpt-oss-120B', GPT_OSS_120B, 425],
    ['Llama-3.1-8B', LLAMA_8B, 294],
    ['Qwen3.5-9B', QWEN35_9B, 529]
  ])('of %s hold what goes in, too', (_, model, expected) => {
    const shape = shapeOf(model)
    if (shape === null) throw new Error('the header has no layers')
    const run = { ...LLAMA_DEFAULTS, contextTokens: 4096, isEmbedding: true }
    const mib = computeBytes(shape, run, contextOf(run, shape), false) / MIB
    expect(Math.abs(mib - expected) / expected).toBeLessThan(0.02)
  })
})

describe('compute buffers of Mamba layers', () => {
  const sizesOf = (inner: number, states: number, groups: number, rank: number): number => {
    const model = facts('mamba2', {
      block_count: 4,
      embedding_length: 2560,
      'ssm.conv_kernel': 4,
      'ssm.inner_size': inner,
      'ssm.state_size': states,
      'ssm.group_count': groups,
      'ssm.time_step_rank': rank
    })
    const shape = shapeOf(model)
    if (shape === null) throw new Error('the header has no layers')
    const run = { ...LLAMA_DEFAULTS, contextTokens: 4096, ubatch: 2048 }
    return computeBytes(shape, run, contextOf(run, shape), false) / MIB
  }
  /** Of the real planner (build 11669) on a processor; MiB for a batch of 2048. */
  it.each([
    [5120, 16, 0, 160, 300],
    [5120, 128, 1, 80, 309],
    [5120, 128, 8, 80, 351],
    [5120, 256, 1, 80, 317],
    [10_240, 128, 1, 160, 512]
  ])('%d wide with %d states in %d groups', (inner, states, groups, rank, planned) => {
    const mib = sizesOf(inner, states, groups, rank)
    expect(mib).toBeGreaterThanOrEqual(planned)
    expect(mib).toBeLessThan(planned * 1.1)
  })
})

describe('embeddings by layer', () => {
  it('lie in the compute buffers, too', () => {
    const hparams = {
      block_count: 35,
      embedding_length: 2048,
      feed_forward_length: 16_384,
      'attention.head_count': 8,
      'attention.head_count_kv': 2,
      'attention.key_length': 256,
      'attention.value_length': 256,
      'attention.sliding_window': 512
    }
    const plain = sizes(facts('gemma3n', hparams), { contextTokens: 4096 })
    const layered = sizes(facts('gemma3n', { ...hparams, embedding_length_per_layer_input: 256 }), {
      contextTokens: 4096
    })
    expect(layered.hostCompute - plain.hostCompute).toBe((35 * 256 * 512 * 4) / MIB)
    expect(layered.compute - plain.compute).toBe((2 * 35 * 256 * 512 * 4) / MIB)
  })
})

describe('checkpoints', () => {
  it('are the states and windows of one slot', () => {
    expect(sizes(QWEN35_9B, { contextTokens: 4096, slots: 4 }).checkpoint).toBe(50.25)
    expect(sizes(GPT_OSS_120B, { contextTokens: 4096 }).checkpoint).toBe(18 * 1.5)
  })
  it('are none where every token can be taken back', () => {
    expect(sizes(LLAMA_8B, { contextTokens: 4096 }).checkpoint).toBe(0)
    expect(sizes(GPT_OSS_120B, { contextTokens: 4096, keepsFullWindow: true }).checkpoint).toBe(0)
  })
})

describe('a header', () => {
  it.each([
    ['without layers', { embedding_length: 4096, 'attention.head_count': 32 }],
    [
      'with more layers than any model',
      { block_count: 1e9, embedding_length: 4096, 'attention.head_count': 32 }
    ],
    ['without heads', { block_count: 4, embedding_length: 4096 }],
    ['with a text for a number', { block_count: '4', embedding_length: 4096, 'attention.head_count': 32 }]
  ])('%s describes no model', (_, hparams) => {
    expect(shapeOf(facts('llama', hparams))).toBeNull()
  })
})
