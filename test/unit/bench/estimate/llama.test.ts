import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRows } from '../../../../bench/estimate/fields.ts'
import { judgeLlama } from '../../../../bench/estimate/llama.ts'
import { logCase } from '../../../../bench/estimate/llama-logs.ts'
import { simulatedCase } from '../../../../bench/estimate/llama-simulated.ts'
import type { Planner } from '../../../../bench/estimate/planner.ts'

const DATA = join(import.meta.dirname, '..', '..', '..', 'data', 'estimator')
const NO_PLANNER: Planner = { ask: () => ({ kind: 'none', why: 'absent' }), close: () => undefined }
const rows = (file: string): readonly unknown[] => readRows(DATA, file) ?? []

const LOG_ROW = {
  quality: 'A',
  runner: 'llama.cpp',
  arch: 'glm4',
  file_size_bytes: 17_587_891_077,
  n_layer: 61,
  n_embd: 6144,
  n_head: 48,
  n_head_kv: 2,
  n_embd_head_k: 128,
  n_embd_head_v: 128,
  n_ff: 23_040,
  n_vocab: 151_552,
  n_ctx: 32_768,
  n_ubatch: 512,
  flash_attn: '1',
  type_k: 'f16',
  type_v: 'f16',
  ngl: '62/62',
  model_buffers: { CUDA0: 16_303.48, CPU_Mapped: 471.75 },
  kv_buffers: { CUDA0: 1952 },
  kv_total_MiB: 1952,
  compute_buffers: { CUDA0: 353, CUDA_Host: 76.01 }
}
const SIMULATED_ROW = {
  model_shape: 'llama31-8b',
  arch: 'llama',
  gguf_hparams: {
    block_count: 32,
    embedding_length: 4096,
    feed_forward_length: 14_336,
    'attention.head_count': 32,
    'attention.head_count_kv': 8,
    vocab_size: 128_256
  },
  n_ctx: 4096,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  kv_unified: false,
  type_k: 'f16',
  type_v: 'f16',
  flash_attn: 'on',
  swa_full: false,
  n_outputs_max: 1,
  context_bytes: 536_870_912,
  compute_bytes: 117_450_880
}

describe('all rows that are public', () => {
  const { figures, unknown } = judgeLlama(
    rows('llamacpp-logs.jsonl'),
    rows('llamacpp-simulated.jsonl'),
    NO_PLANNER
  )
  const figure = (name: string): number => figures[name] ?? Number.NaN

  it('are judged, and none is of an unknown architecture', () => {
    expect(figure('kv_rows')).toBe(287)
    expect(figure('compute_rows')).toBe(192)
    expect(unknown).toBe(0)
  })
  it('agree on the cache in 99 of 100', () => expect(figure('kv_exact_percent')).toBeGreaterThanOrEqual(99))
  it('agree on weights within a thousandth', () => {
    expect(figure('weights_rows')).toBeGreaterThan(20)
    expect(figure('weights_p95_abs_error_percent')).toBeLessThanOrEqual(0.1)
  })
  it('agree on compute buffers, and none is larger than the figure with its safety', () => {
    expect(figure('compute_median_abs_error_percent')).toBeLessThanOrEqual(2)
    expect(figure('compute_under_rows')).toBe(0)
  })
  it('agree in total, and none is under-estimated', () => {
    expect(figure('total_rows')).toBeGreaterThan(20)
    expect(figure('total_median_percent')).toBeLessThanOrEqual(0.5)
    expect(figure('total_p95_percent')).toBeLessThanOrEqual(2)
    expect(figure('total_under_2_percent_count')).toBe(0)
  })
})

describe('a row of a log', () => {
  it('has truths from its buffers', () => {
    const judged = logCase(LOG_ROW)
    expect(judged?.cache).toMatchObject({ isExact: true })
    expect(judged?.weights?.truth).toBe(17_587_891_077)
    expect(judged?.weights?.estimated).toBe(17_587_891_077)
    expect((judged?.compute?.truth ?? 0) / 2 ** 20).toBeCloseTo(429.01)
  })
  it('counts the token embedding twice where the output is tied to it', () => {
    const tied = logCase({ ...LOG_ROW, model_buffers: { CUDA0: 16_773.1, CPU: 471.75 } })
    const expected = 17_587_891_077 + 471.75 * 2 ** 20
    expect(tied?.weights).toEqual({ truth: expected, estimated: expected })
  })
  it('is wrong where the log says another cache', () => {
    expect(logCase({ ...LOG_ROW, kv_buffers: { CUDA0: 1952.02 }, kv_total_MiB: null })?.cache?.isExact).toBe(
      false
    )
    expect(logCase({ ...LOG_ROW, kv_buffers: { CUDA0: 976, CUDA1: 976.01 } })?.cache?.isExact).toBe(true)
  })
  it.each([
    ['with tensors elsewhere', { tensor_overrides: 3 }],
    ['with some layers on the GPU', { ngl: '30/62' }],
    ['of two GPUs', { model_buffers: { CUDA0: 8000, CUDA1: 8303.48, CPU_Mapped: 471.75 } }],
    ['with half of the model on the host', { model_buffers: { CUDA0: 8303.48, CPU: 8471.75 } }],
    ['on the host with a GPU that computes', { ngl: '0/62', model_buffers: { CPU: 16_775.23 } }],
    ['without the size of its file', { file_size_bytes: null }]
  ])('%s judges the cache alone', (_, more) => {
    expect(logCase({ ...LOG_ROW, ...more })).toMatchObject({
      cache: { isExact: true },
      weights: null,
      compute: null,
      total: null
    })
  })
  it.each(['arch', 'n_layer', 'n_embd', 'n_head', 'n_head_kv', 'n_embd_head_k', 'n_ctx'])(
    'without %s is not judged',
    (key) => expect(logCase({ ...LOG_ROW, [key]: null })).toBeNull()
  )
})

describe('a row of the planner', () => {
  it('is exact, and its safety is bounded', () => {
    const judged = simulatedCase(SIMULATED_ROW)
    expect(judged?.context).toEqual({ truth: 536_870_912, estimated: 536_870_912 })
    const { estimated = 0, withSafety = 0 } = judged?.compute ?? {}
    expect(withSafety - estimated).toBeLessThanOrEqual(Math.max(64 * 2 ** 20, estimated / 10))
  })
  it.each(['arch', 'gguf_hparams', 'n_ctx', 'n_ubatch'])('without %s is not judged', (key) => {
    expect(simulatedCase({ ...SIMULATED_ROW, [key]: null })).toBeNull()
  })
})

describe('rows of any make', () => {
  it('count as not judged, or as unknown, and fail nothing', () => {
    const strange = [null, 1, 'text', [], {}, { arch: 7 }, { arch: 'llama', gguf_hparams: [], n_ctx: 'x' }]
    const { figures, notJudged } = judgeLlama(strange, strange, NO_PLANNER)
    expect(notJudged).toBe(2 * strange.length)
    expect(figures).toMatchObject({ kv_rows: 0, kv_exact_percent: null, total_median_percent: null })
    const { unknown, figures: without } = judgeLlama([], [{ ...SIMULATED_ROW, arch: 'brandnew' }], NO_PLANNER)
    expect(unknown).toBe(1)
    expect(without).toMatchObject({ kv_rows: 0, compute_rows: 0 })
  })
  it('may lie in a folder that has none of them', () => {
    expect(readRows(DATA, 'nothing.jsonl')).toBeNull()
    expect(() => readRows(join(DATA, 'nowhere'), 'nothing.jsonl')).toThrow('no folder')
  })
})
