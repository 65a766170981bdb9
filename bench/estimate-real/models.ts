import { list, value, type GgufContent, type GgufTensor } from '../../test/support/gguf-writer.ts'
import { headerOnly } from '../estimate/header-only.ts'

// Models of every shape that llama.cpp treats differently, small enough to be written and loaded in seconds.

const F32 = 0
const F16 = 1
const Q8_0 = 8
const Q4_0 = 2
export const WEIGHT_TYPES = { f16: F16, q8_0: Q8_0, q4_0: Q4_0 } as const
type WeightType = keyof typeof WEIGHT_TYPES
/** Rows that quantised blocks divide. */
const BLOCK = 32
const VOCABULARY = 16_384

type Hparams = Readonly<Record<string, number | boolean | readonly number[]>>

/** One run: a model, and how it is served. */
export interface RealCase {
  readonly model: string
  readonly shape: string
  readonly architecture: string
  readonly weights: WeightType
  readonly contextTokens: number
  readonly slots: number
  readonly cacheType: 'f16' | 'q8_0'
  readonly hparams: Hparams
}

const COMMON = {
  context_length: 131_072,
  embedding_length: 1024,
  vocab_size: VOCABULARY,
  'attention.layer_norm_rms_epsilon': 1e-5,
  'rope.freq_base': 500_000
} as const
const attention = (heads: number, kvHeads: number, width: number): Hparams => ({
  'attention.head_count': heads,
  'attention.head_count_kv': kvHeads,
  'attention.key_length': width,
  'attention.value_length': width,
  'rope.dimension_count': width
})
const DENSE = { ...COMMON, block_count: 16, feed_forward_length: 3584 }
const MOE = {
  ...COMMON,
  block_count: 12,
  feed_forward_length: 2048,
  expert_count: 16,
  expert_used_count: 4,
  expert_feed_forward_length: 512
}
const MLA = {
  ...MOE,
  'attention.head_count': 16,
  'attention.head_count_kv': 1,
  'attention.q_lora_rank': 384,
  'attention.kv_lora_rank': 256,
  'attention.key_length': 320,
  'attention.value_length': 256,
  'attention.key_length_mla': 128,
  'attention.value_length_mla': 64,
  'rope.dimension_count': 64,
  leading_dense_block_count: 1,
  expert_shared_count: 1,
  expert_weights_scale: 1,
  expert_gating_func: 1
}
const DELTA = {
  ...attention(8, 2, 128),
  'rope.dimension_count': 64,
  'rope.dimension_sections': [11, 11, 10, 0],
  full_attention_interval: 4,
  'ssm.conv_kernel': 4,
  'ssm.inner_size': 2048,
  'ssm.state_size': 128,
  'ssm.time_step_rank': 16,
  'ssm.group_count': 8
}
const GEMMA = { ...DENSE, block_count: 18, ...attention(8, 4, 128), 'attention.sliding_window': 512 }
const GPT_OSS = { ...MOE, feed_forward_length: 512, ...attention(16, 4, 64), 'attention.sliding_window': 128 }
/** Every third layer is attention. */
const hybridHeads = (layers: number, kvHeads: number): readonly number[] =>
  Array.from({ length: layers }, (_, layer) => (layer % 3 === 2 ? kvHeads : 0))

const one = (
  model: string,
  shape: string,
  architecture: string,
  hparams: Hparams,
  contextTokens: number,
  more: Partial<Pick<RealCase, 'weights' | 'slots' | 'cacheType'>> = {}
): RealCase => ({
  model,
  shape,
  architecture,
  hparams,
  contextTokens,
  weights: 'f16',
  slots: 1,
  cacheType: 'f16',
  ...more
})

const Q8 = { cacheType: 'q8_0' } as const

export const REAL_CASES: readonly RealCase[] = [
  one('dense', 'MHA', 'llama', { ...DENSE, ...attention(16, 16, 64) }, 2048),
  one('dense', 'MHA', 'llama', { ...DENSE, ...attention(16, 16, 64) }, 16_384, { slots: 2 }),
  one('gqa', 'GQA', 'llama', { ...DENSE, ...attention(16, 4, 64) }, 65_536),
  one('gqa', 'GQA', 'llama', { ...DENSE, ...attention(16, 4, 64) }, 65_536, Q8),
  one('gqa-q8', 'GQA', 'llama', { ...DENSE, ...attention(16, 4, 64) }, 8192, { weights: 'q8_0', slots: 4 }),
  one('gqa-q4', 'GQA', 'llama', { ...DENSE, ...attention(16, 4, 64) }, 8192, { weights: 'q4_0', ...Q8 }),
  one('head-norms', 'GQA', 'qwen3', { ...DENSE, ...attention(16, 8, 128) }, 32_768, { slots: 4 }),
  one('moe', 'MoE', 'qwen3moe', { ...MOE, ...attention(16, 4, 64) }, 16_384),
  one('moe', 'MoE', 'qwen3moe', { ...MOE, ...attention(16, 4, 64) }, 65_536, Q8),
  one('windows', 'SWA', 'gemma3', GEMMA, 32_768),
  one('windows', 'SWA', 'gemma3', GEMMA, 32_768, { slots: 2, ...Q8 }),
  one('moe-windows', 'SWA, MoE', 'gpt-oss', GPT_OSS, 16_384),
  one('latent', 'MLA, MoE', 'deepseek2', MLA, 32_768),
  one('latent', 'MLA, MoE', 'deepseek2', MLA, 65_536, Q8),
  one('delta', 'hybrid', 'qwen35', { ...DENSE, ...DELTA }, 32_768, { slots: 2 }),
  one(
    'delta-moe',
    'hybrid, MoE',
    'qwen35moe',
    { ...MOE, ...DELTA, expert_shared_feed_forward_length: 512 },
    8192
  ),
  one('mamba2', 'hybrid', 'granitehybrid', mamba2(), 16_384, { slots: 2 }),
  one('convolution', 'hybrid', 'lfm2', convolution(), 32_768)
]

function mamba2(): Hparams {
  return {
    ...DENSE,
    ...attention(16, 4, 64),
    'attention.head_count_kv': hybridHeads(DENSE.block_count, 4),
    'ssm.conv_kernel': 4,
    'ssm.inner_size': 2048,
    'ssm.state_size': 128,
    'ssm.time_step_rank': 32,
    'ssm.group_count': 1
  }
}

function convolution(): Hparams {
  return {
    ...DENSE,
    ...attention(16, 4, 64),
    'attention.head_count_kv': hybridHeads(DENSE.block_count, 4),
    'shortconv.l_cache': 3
  }
}

type Entry = readonly [name: string, ...dimensions: number[]]

/** Tensors of the two that are not in the table of headers. */
function hybridTensors({ architecture, hparams }: RealCase): readonly GgufTensor[] {
  const of = (key: string): number => Number(hparams[key])
  const [embedding, layers, feedForward] = [
    of('embedding_length'),
    of('block_count'),
    of('feed_forward_length')
  ]
  const width = of('attention.key_length')
  const heads = of('attention.head_count')
  const inner = of('ssm.inner_size')
  const groups = of('ssm.group_count') * of('ssm.state_size')
  const steps = of('ssm.time_step_rank')
  const kvHeads = hparams['attention.head_count_kv'] as readonly number[]
  const recurrent: readonly Entry[] =
    architecture === 'lfm2'
      ? [
          ['shortconv.conv.weight', of('shortconv.l_cache'), embedding],
          ['shortconv.in_proj.weight', embedding, 3 * embedding],
          ['shortconv.out_proj.weight', embedding, embedding]
        ]
      : [
          ['ssm_in.weight', embedding, 2 * inner + 2 * groups + steps],
          ['ssm_conv1d.weight', of('ssm.conv_kernel'), inner + 2 * groups],
          ['ssm_conv1d.bias', inner + 2 * groups],
          ['ssm_dt.bias', steps],
          ['ssm_a', 1, steps],
          ['ssm_d', 1, steps],
          ['ssm_norm.weight', inner / of('ssm.group_count'), of('ssm.group_count')],
          ['ssm_out.weight', inner, embedding]
        ]
  const blocks = Array.from({ length: layers }, (_, layer): readonly Entry[] => [
    ['attn_norm.weight', embedding],
    ...(kvHeads[layer] === 0
      ? recurrent
      : ([
          ['attn_q.weight', embedding, heads * width],
          ['attn_k.weight', embedding, (kvHeads[layer] ?? 0) * width],
          ['attn_v.weight', embedding, (kvHeads[layer] ?? 0) * width],
          ['attn_output.weight', heads * width, embedding],
          ...(architecture === 'lfm2'
            ? ([
                ['attn_q_norm.weight', width],
                ['attn_k_norm.weight', width]
              ] as const)
            : [])
        ] as const)),
    ['ffn_norm.weight', embedding],
    ['ffn_gate.weight', embedding, feedForward],
    ['ffn_up.weight', embedding, feedForward],
    ['ffn_down.weight', feedForward, embedding]
  ])
  const tensor = ([name, ...dimensions]: Entry): GgufTensor => ({
    name,
    dimensions,
    type: dimensions.length === 1 || /conv|ssm_[ad]$|ssm_norm/.test(name) ? F32 : F16
  })
  const last = architecture === 'lfm2' ? 'token_embd_norm.weight' : 'output_norm.weight'
  return [
    tensor(['token_embd.weight', embedding, VOCABULARY]),
    tensor([last, embedding]),
    tensor(['output.weight', embedding, VOCABULARY]),
    ...blocks.flatMap((block, layer) =>
      block.map(([name, ...dimensions]) => tensor([`blk.${layer}.${name}`, ...dimensions]))
    )
  ]
}

/** The whole file but its weights: with a vocabulary, as a server needs one. */
export function contentOf(real: RealCase): GgufContent {
  const { architecture, hparams, weights } = real
  const bare = headerOnly(architecture, hparams) ?? {
    values: [
      ['general.architecture', value('text', architecture)] as const,
      ...Object.entries(hparams).map(
        ([key, given]) =>
          [
            `${architecture}.${key}`,
            Array.isArray(given)
              ? list('u32', given)
              : value(/epsilon|freq_base/.test(key) ? 'f32' : 'u32', Number(given))
          ] as const
      )
    ],
    tensors: hybridTensors(real)
  }
  const type = WEIGHT_TYPES[weights]
  return {
    values: [...bare.values.filter(([key]) => !key.startsWith('tokenizer.')), ...vocabulary()],
    tensors: bare.tensors.map((tensor) =>
      tensor.type === F16 && tensor.dimensions.length > 1 && (tensor.dimensions[0] ?? 0) % BLOCK === 0
        ? { ...tensor, type }
        : tensor
    )
  }
}

function vocabulary(): GgufContent['values'] {
  const special = ['<unk>', '<s>', '</s>']
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
  )
  const known = [...special, ...bytes]
  const tokens = Array.from({ length: VOCABULARY }, (_, index) => known[index] ?? `▁w${index}`)
  const types = tokens.map((_, index) => (index === 0 ? 2 : index < 3 ? 3 : index < known.length ? 6 : 1))
  return [
    ['tokenizer.ggml.model', value('text', 'llama')],
    ['tokenizer.ggml.tokens', list('text', tokens)],
    [
      'tokenizer.ggml.scores',
      list(
        'f32',
        tokens.map((_, index) => -index)
      )
    ],
    ['tokenizer.ggml.token_type', list('i32', types)],
    ['tokenizer.ggml.bos_token_id', value('u32', 1)],
    ['tokenizer.ggml.eos_token_id', value('u32', 2)],
    ['tokenizer.ggml.unknown_token_id', value('u32', 0)]
  ]
}
