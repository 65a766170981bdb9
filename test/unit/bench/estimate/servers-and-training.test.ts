import { describe, expect, it } from 'vitest'
import { judgeFinetune } from '../../../../bench/estimate/finetune.ts'
import { median, percentile } from '../../../../bench/estimate/rows.ts'
import { judgeSglang } from '../../../../bench/estimate/sglang.ts'
import { judgeVllm } from '../../../../bench/estimate/vllm.ts'

const VLLM_ROW = {
  device: 'NVIDIA GB10 (DGX Spark class, UMA)',
  model: 'google/gemma-4-12B-it',
  gpu_memory_utilization: 0.8,
  max_num_batched_tokens: 4096,
  model_loading_GiB: 22.83,
  available_kv_GiB: 69.53
}
const SGLANG_ROW = {
  kv_cache_dtype: 'bf16',
  mem_fraction_static: 0.4,
  avail_before_weights_GB: 112.26,
  weights_GB: 3.29,
  avail_after_pool_GB: 66.25
}
const TRAINING_ROW = {
  method: 'full',
  framework_config: 'none',
  precision: 'pure bfloat16',
  batch: 4,
  seq_len: 4096,
  grad_checkpointing: true,
  lora_r: null,
  lora_targets: null,
  peak_alloc_GiB: 67.46,
  model_hparams: { P: 7_241_732_096, L: 32, H: 4096, F: 14_336, V: 32_000 }
}
/** Nothing that a line of JSON may be makes a judge fail. */
const HOSTILE = [null, 1, 'text', [], {}, { model_hparams: 7 }, { device: 4, weights_GB: '3' }]

describe("rows of vLLM's logs", () => {
  it('are right within 2 GiB, wrong beyond', () => {
    const { figures, rows } = judgeVllm([VLLM_ROW, { ...VLLM_ROW, available_kv_GiB: 60 }])
    expect(figures).toEqual({ vllm_rows: 2, vllm_kv_within_2_gib_percent: 50 })
    // 0.8 · 120.66 − 22.83 − 3.2
    expect(rows[0]).toMatchObject({ estimated_gib: 70.5, error_gib: 0.97 })
  })
  it('count as not judged without share, weights, pool or a device of known size', () => {
    const partial = Object.keys(VLLM_ROW)
      .filter((key) => key !== 'model' && key !== 'max_num_batched_tokens')
      .map((key) => ({ ...VLLM_ROW, [key]: null }))
    expect(judgeVllm([...partial, ...HOSTILE])).toMatchObject({
      figures: { vllm_rows: 0, vllm_kv_within_2_gib_percent: null },
      notJudged: partial.length + HOSTILE.length
    })
  })
})

describe("rows of SGLang's logs", () => {
  it('are measured against available before − weights − available after', () => {
    const { figures, rows } = judgeSglang([SGLANG_ROW])
    expect(rows[0]).toMatchObject({ true_gb: 42.72, estimated_gb: 41.61, error_gb: -1.11 })
    expect(figures).toEqual({ sglang_rows: 1, sglang_pool_within_2_gb_percent: 100 })
  })
  it('count as not judged where a field is missing', () => {
    expect(judgeSglang([{ ...SGLANG_ROW, avail_after_pool_GB: null }, ...HOSTILE])).toMatchObject({
      figures: { sglang_rows: 0, sglang_pool_within_2_gb_percent: null },
      notJudged: 1 + HOSTILE.length
    })
  })
})

describe('rows of trainings', () => {
  it('are measured by their relative error', () => {
    const { figures, rows } = judgeFinetune([TRAINING_ROW, { ...TRAINING_ROW, peak_alloc_GiB: 75 }])
    expect(figures).toEqual({ finetune_rows: 2, finetune_median_percent: 5.05, finetune_p95_percent: 10.07 })
    expect(rows).toEqual([expect.objectContaining({ case: 'full', rows: 2, under_2_percent_count: 1 })])
  })
  it('count as not judged without a shape, and as unknown with a method that has no formula', () => {
    const rows = [{ ...TRAINING_ROW, model_hparams: null }, { ...TRAINING_ROW, method: 'reft' }, ...HOSTILE]
    expect(judgeFinetune(rows)).toMatchObject({
      figures: { finetune_rows: 0, finetune_median_percent: null, finetune_p95_percent: null },
      notJudged: 1 + HOSTILE.length,
      unknown: 1
    })
  })
})

describe('figures of many rows', () => {
  it('are medians and percentiles by nearest rank', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(percentile([...Array(20).keys()], 0.95)).toBe(18)
    expect([median([]), percentile([], 0.5)]).toEqual([null, null])
  })
})
