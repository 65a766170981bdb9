import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { simulatedCase } from '../../bench/estimate/llama-simulated.ts'
import { agrees, openPlanner } from '../../bench/estimate/planner.ts'
import type { HparamValue } from '../../src/shared/model/model-facts.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'

// The product's caches and states against llama.cpp's own planner, for families of which there are no public rows.

const COMMON = { 'attention.layer_norm_rms_epsilon': 1e-6, 'rope.freq_base': 1e6 }
const heads = (all: number, kv: number, width: number): Readonly<Record<string, number>> => ({
  'attention.head_count': all,
  'attention.head_count_kv': kv,
  'attention.key_length': width,
  'attention.value_length': width
})

/** Well-known models; keys without the architecture's prefix. */
const MODELS: readonly (readonly [
  name: string,
  architecture: string,
  hparams: Readonly<Record<string, HparamValue>>
])[] = [
  [
    'Gemma-2-9B',
    'gemma2',
    {
      ...heads(16, 8, 256),
      block_count: 42,
      context_length: 8192,
      embedding_length: 3584,
      feed_forward_length: 14_336,
      'attention.sliding_window': 4096,
      vocab_size: 256_000
    }
  ],
  [
    'Gemma-3-4B',
    'gemma3',
    {
      ...heads(8, 4, 256),
      block_count: 34,
      context_length: 131_072,
      embedding_length: 2560,
      feed_forward_length: 10_240,
      'attention.sliding_window': 1024,
      vocab_size: 262_208
    }
  ],
  [
    'gpt-oss-20B',
    'gpt-oss',
    {
      ...heads(64, 8, 64),
      block_count: 24,
      context_length: 131_072,
      embedding_length: 2880,
      feed_forward_length: 2880,
      expert_count: 32,
      expert_used_count: 4,
      expert_feed_forward_length: 2880,
      'attention.sliding_window': 128,
      vocab_size: 201_088
    }
  ],
  [
    'Qwen3-Next-80B',
    'qwen3next',
    {
      ...heads(16, 2, 256),
      block_count: 48,
      context_length: 262_144,
      embedding_length: 2048,
      feed_forward_length: 5120,
      'ssm.conv_kernel': 4,
      'ssm.inner_size': 4096,
      'ssm.state_size': 128,
      'ssm.time_step_rank': 32,
      'ssm.group_count': 16,
      'rope.dimension_count': 64,
      expert_count: 512,
      expert_used_count: 10,
      expert_feed_forward_length: 512,
      expert_shared_feed_forward_length: 512,
      vocab_size: 151_936
    }
  ],
  [
    'GLM-4.5-Air, whose last layer guesses ahead',
    'glm4moe',
    {
      ...heads(96, 8, 128),
      block_count: 47,
      nextn_predict_layers: 1,
      context_length: 131_072,
      embedding_length: 4096,
      feed_forward_length: 10_944,
      'rope.dimension_count': 64,
      leading_dense_block_count: 1,
      expert_count: 128,
      expert_used_count: 8,
      expert_shared_count: 1,
      expert_feed_forward_length: 1408,
      expert_gating_func: 2,
      expert_weights_scale: 1,
      vocab_size: 151_552
    }
  ],
  [
    'Llama-4-Scout',
    'llama4',
    {
      ...heads(40, 8, 128),
      block_count: 48,
      context_length: 10_485_760,
      embedding_length: 5120,
      feed_forward_length: 16_384,
      'rope.dimension_count': 128,
      expert_count: 16,
      expert_used_count: 1,
      expert_feed_forward_length: 8192,
      interleave_moe_layer_step: 1,
      vocab_size: 202_048
    }
  ],
  [
    'DeepSeek-V3',
    'deepseek2',
    {
      block_count: 61,
      context_length: 163_840,
      embedding_length: 7168,
      feed_forward_length: 18_432,
      'attention.head_count': 128,
      'attention.head_count_kv': 1,
      leading_dense_block_count: 3,
      'attention.q_lora_rank': 1536,
      'attention.kv_lora_rank': 512,
      'attention.key_length': 576,
      'attention.value_length': 512,
      'attention.key_length_mla': 192,
      'attention.value_length_mla': 128,
      expert_count: 256,
      expert_used_count: 8,
      expert_shared_count: 1,
      expert_feed_forward_length: 2048,
      'rope.dimension_count': 64,
      expert_weights_scale: 2.5,
      expert_gating_func: 2,
      vocab_size: 129_280
    }
  ],
  [
    'Command R7B',
    'cohere2',
    {
      ...heads(32, 8, 128),
      block_count: 32,
      context_length: 8192,
      embedding_length: 4096,
      feed_forward_length: 14_336,
      'attention.layer_norm_epsilon': 1e-5,
      'rope.dimension_count': 128,
      'attention.sliding_window': 4096,
      logit_scale: 0.25,
      vocab_size: 256_000
    }
  ]
]

const RUNS = [
  { n_ctx: 32_768, n_seq_max: 1, type_k: 'f16', type_v: 'f16', n_ubatch: 512, swa_full: false },
  { n_ctx: 32_768, n_seq_max: 4, type_k: 'q8_0', type_v: 'q8_0', n_ubatch: 512, swa_full: false },
  { n_ctx: 8192, n_seq_max: 1, type_k: 'f16', type_v: 'f16', n_ubatch: 2048, swa_full: true }
] as const

const server = await llamaServerOrSkip()
beforeEach(needsLlamaServer(server))
const planner = openPlanner('path' in server ? join(dirname(server.path), 'llama-fit-params') : null)
afterAll(() => planner.close())

describe.each(MODELS)('%s', (_, arch, hparams) => {
  it.each(RUNS)('with %o takes what the planner says', (run) => {
    const one = simulatedCase({
      arch,
      gguf_hparams: { ...COMMON, ...hparams },
      ...run,
      kv_unified: false,
      flash_attn: 'on',
      n_batch: 2048,
      n_outputs_max: 1,
      context_bytes: 1
    })
    if (one === null) throw new Error('the row is not complete')
    const said = planner.ask(one)
    expect(said).toMatchObject({ kind: 'context' })
    if (said.kind !== 'context') return
    expect({ said: said.contextMiB, same: agrees(said.contextMiB, one.context?.estimated ?? 0) }).toEqual({
      said: said.contextMiB,
      same: true
    })
  })
})
