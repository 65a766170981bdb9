import {
  list,
  value,
  type GgufContent,
  type GgufTensor,
  type GgufValue
} from '../../test/support/gguf-writer.ts'

// Headers of models that llama.cpp loads without their weights: the tensors that its loader asks for, in F16.

const F32 = 0
const F16 = 1
type Hparams = Readonly<Record<string, unknown>>

/** Keys whose type is f32 in the format; all other numbers are u32. */
const FLOATS = /epsilon|freq_base|scale$|base$|softcapping/

interface Shape {
  readonly architecture: string
  readonly embedding: number
  readonly feedForward: number
  readonly heads: number
  readonly kvHeads: number
  readonly keyWidth: number
  readonly valueWidth: number
  readonly vocabulary: number
  readonly experts: number
  readonly expertFeedForward: number
  readonly of: (key: string) => number
}

const numberIn = (hparams: Hparams, key: string): number => {
  const found = hparams[key]
  return typeof found === 'number' ? found : 0
}

function shapeOf(architecture: string, hparams: Hparams): Shape {
  const of = (key: string): number => numberIn(hparams, key)
  const embedding = of('embedding_length')
  const heads = of('attention.head_count')
  const usual = Math.floor(embedding / Math.max(1, heads))
  return {
    architecture,
    embedding,
    feedForward: of('feed_forward_length'),
    heads,
    kvHeads: of('attention.head_count_kv') || heads,
    keyWidth: of('attention.key_length') || usual,
    valueWidth: of('attention.value_length') || usual,
    vocabulary: of('vocab_size'),
    experts: of('expert_count'),
    expertFeedForward: of('expert_feed_forward_length') || of('feed_forward_length'),
    of
  }
}

type Block = (shape: Shape, layer: number) => readonly (readonly [name: string, ...dimensions: number[]])[]

const attention = ({ embedding, heads, kvHeads, keyWidth, valueWidth }: Shape): ReturnType<Block> => [
  ['attn_norm.weight', embedding],
  ['attn_q.weight', embedding, heads * keyWidth],
  ['attn_k.weight', embedding, kvHeads * keyWidth],
  ['attn_v.weight', embedding, kvHeads * valueWidth],
  ['attn_output.weight', heads * keyWidth, embedding]
]
const headNorms = ({ keyWidth }: Shape): ReturnType<Block> => [
  ['attn_q_norm.weight', keyWidth],
  ['attn_k_norm.weight', keyWidth]
]
const dense = ({ embedding, feedForward }: Shape): ReturnType<Block> => [
  ['ffn_gate.weight', embedding, feedForward],
  ['ffn_up.weight', embedding, feedForward],
  ['ffn_down.weight', feedForward, embedding]
]
const experts = ({ embedding, experts: all, expertFeedForward: width }: Shape): ReturnType<Block> => [
  ['ffn_gate_inp.weight', embedding, all],
  ['ffn_gate_exps.weight', embedding, width, all],
  ['ffn_up_exps.weight', embedding, width, all],
  ['ffn_down_exps.weight', width, embedding, all]
]
const ffnNorm = ({ embedding }: Shape): ReturnType<Block> => [['ffn_norm.weight', embedding]]
const sharedExpert = ({ embedding }: Shape, width: number): ReturnType<Block> => [
  ['ffn_gate_shexp.weight', embedding, width],
  ['ffn_up_shexp.weight', embedding, width],
  ['ffn_down_shexp.weight', width, embedding]
]
const postNorm = ({ embedding }: Shape): ReturnType<Block> => [['post_attention_norm.weight', embedding]]

/** Gated delta nets between gated attention. */
const delta = (shape: Shape, layer: number): ReturnType<Block> => {
  const { architecture, embedding, heads, kvHeads, keyWidth, valueWidth, of } = shape
  const interval = of('full_attention_interval') || 4
  if ((layer + 1) % interval === 0) {
    return [
      ['attn_norm.weight', embedding],
      ...postNorm(shape),
      ['attn_q.weight', embedding, heads * keyWidth * 2],
      ['attn_k.weight', embedding, kvHeads * keyWidth],
      ['attn_v.weight', embedding, kvHeads * valueWidth],
      ['attn_output.weight', heads * keyWidth, embedding],
      ...headNorms(shape)
    ]
  }
  const inner = of('ssm.inner_size')
  const valueHeads = of('ssm.time_step_rank')
  const channels = inner + 2 * of('ssm.group_count') * of('ssm.state_size')
  return [
    ['attn_norm.weight', embedding],
    ...postNorm(shape),
    ['attn_qkv.weight', embedding, channels],
    ['attn_gate.weight', embedding, inner],
    ['ssm_conv1d.weight', of('ssm.conv_kernel'), channels],
    ['ssm_dt.bias', valueHeads],
    ['ssm_a', valueHeads],
    ...(architecture === 'qwen3next'
      ? ([['ssm_ba.weight', embedding, 2 * valueHeads]] as const)
      : ([
          ['ssm_beta.weight', embedding, valueHeads],
          ['ssm_alpha.weight', embedding, valueHeads]
        ] as const)),
    ['ssm_norm.weight', inner / Math.max(1, valueHeads)],
    ['ssm_out.weight', inner, embedding]
  ]
}

const deltaExperts = (shape: Shape): ReturnType<Block> => [
  ...experts(shape),
  ['ffn_gate_inp_shexp.weight', shape.embedding],
  ...sharedExpert(shape, shape.of('expert_shared_feed_forward_length') || shape.expertFeedForward)
]

/** Of a layer that guesses ahead, beside what others have. */
const predicting = ({ embedding }: Shape): ReturnType<Block> => [
  ['nextn.eh_proj.weight', 2 * embedding, embedding],
  ['nextn.enorm.weight', embedding],
  ['nextn.hnorm.weight', embedding],
  ['nextn.shared_head_norm.weight', embedding]
]

const latent = (shape: Shape): ReturnType<Block> => {
  const { embedding, heads, of } = shape
  const key = of('attention.key_length_mla')
  const values = of('attention.value_length_mla')
  const rank = of('attention.kv_lora_rank')
  const queryRank = of('attention.q_lora_rank')
  const rotary = of('rope.dimension_count')
  return [
    ['attn_norm.weight', embedding],
    ['attn_kv_a_norm.weight', rank],
    ...(queryRank > 0
      ? ([
          ['attn_q_a_norm.weight', queryRank],
          ['attn_q_a.weight', embedding, queryRank],
          ['attn_q_b.weight', queryRank, heads * key]
        ] as const)
      : ([['attn_q.weight', embedding, heads * key]] as const)),
    ['attn_kv_a_mqa.weight', embedding, rank + rotary],
    ['attn_k_b.weight', key - rotary, rank, heads],
    ['attn_v_b.weight', rank, values, heads],
    ['attn_output.weight', heads * values, embedding]
  ]
}

const BLOCKS: ReadonlyMap<string, Block> = new Map<string, Block>([
  [
    'llama',
    (shape) => [
      ...attention(shape),
      ...ffnNorm(shape),
      ...(shape.experts > 0 ? experts(shape) : dense(shape))
    ]
  ],
  ['qwen2', (shape) => [...attention(shape), ...ffnNorm(shape), ...dense(shape)]],
  ['qwen3', (shape) => [...attention(shape), ...headNorms(shape), ...ffnNorm(shape), ...dense(shape)]],
  ['qwen3moe', (shape) => [...attention(shape), ...headNorms(shape), ...ffnNorm(shape), ...experts(shape)]],
  [
    'gemma3',
    (shape) => [
      ...attention(shape),
      ...headNorms(shape),
      ...postNorm(shape),
      ...ffnNorm(shape),
      ['post_ffw_norm.weight', shape.embedding],
      ...dense(shape)
    ]
  ],
  [
    'gpt-oss',
    (shape) => [
      ...attention(shape),
      ...postNorm(shape),
      ['attn_sinks.weight', shape.heads],
      ['attn_output.bias', shape.embedding],
      ...experts(shape),
      ['ffn_gate_inp.bias', shape.experts],
      ['ffn_gate_exps.bias', shape.expertFeedForward, shape.experts],
      ['ffn_up_exps.bias', shape.expertFeedForward, shape.experts],
      ['ffn_down_exps.bias', shape.embedding, shape.experts]
    ]
  ],
  [
    'phi3',
    (shape) => [
      ['attn_norm.weight', shape.embedding],
      ['attn_qkv.weight', shape.embedding, shape.embedding + 2 * shape.kvHeads * shape.keyWidth],
      ['attn_output.weight', shape.embedding, shape.embedding],
      ...ffnNorm(shape),
      ['ffn_up.weight', shape.embedding, 2 * shape.feedForward],
      ['ffn_down.weight', shape.feedForward, shape.embedding]
    ]
  ],
  [
    'deepseek2',
    (shape, layer) => [
      ...latent(shape),
      ...ffnNorm(shape),
      ...(layer < shape.of('leading_dense_block_count')
        ? dense(shape)
        : [
            ...experts(shape),
            ...sharedExpert(shape, shape.expertFeedForward * shape.of('expert_shared_count'))
          ])
    ]
  ],
  [
    'gemma2',
    (shape) => [
      ...attention(shape),
      ...postNorm(shape),
      ...ffnNorm(shape),
      ['post_ffw_norm.weight', shape.embedding],
      ...dense(shape)
    ]
  ],
  ['cohere2', (shape) => [...attention(shape), ...dense(shape)]],
  [
    'llama4',
    (shape, layer) => {
      const step = shape.of('interleave_moe_layer_step')
      const hasExperts = step > 0 && (layer + 1) % step === 0
      return [
        ...attention(shape),
        ...ffnNorm(shape),
        ...(hasExperts ? [...experts(shape), ...sharedExpert(shape, shape.expertFeedForward)] : dense(shape))
      ]
    }
  ],
  [
    'glm4moe',
    (shape, layer) => [
      ...attention(shape),
      ...postNorm(shape),
      ...(layer < shape.of('leading_dense_block_count')
        ? dense(shape)
        : [
            ...experts(shape),
            ['exp_probs_b.bias', shape.experts] as const,
            ...sharedExpert(shape, shape.expertFeedForward * shape.of('expert_shared_count'))
          ]),
      ...(layer < shape.of('block_count') - shape.of('nextn_predict_layers') ? [] : predicting(shape))
    ]
  ],
  ['qwen3next', (shape, layer) => [...delta(shape, layer), ...deltaExperts(shape)]],
  ['qwen35', (shape, layer) => [...delta(shape, layer), ...dense(shape)]],
  ['qwen35moe', (shape, layer) => [...delta(shape, layer), ...deltaExperts(shape)]]
])

function valueOf(key: string, given: unknown): GgufValue | null {
  if (typeof given === 'number') return value(FLOATS.test(key) ? 'f32' : 'u32', given)
  if (typeof given === 'boolean') return value('bool', given)
  if (typeof given === 'string') return value('text', given)
  if (!Array.isArray(given)) return null
  const items = given.filter((item) => typeof item === 'number')
  return items.length === given.length ? list('u32', items) : null
}

/** Their output is the token embedding; a tensor of its own would be one too many. */
const ALWAYS_TIED: ReadonlySet<string> = new Set(['gemma2', 'cohere2'])

/** Null: what tensors such a model has is not written here. */
export function headerOnly(architecture: string, hparams: Hparams): GgufContent | null {
  const block = BLOCKS.get(architecture)
  if (block === undefined) return null
  const shape = shapeOf(architecture, hparams)
  const tensor = (name: string, ...dimensions: number[]): GgufTensor => ({
    name,
    dimensions,
    // A vector is a norm or a bias; a few more must be f32 for the kernels of a CPU.
    type: dimensions.length === 1 || /ssm_conv1d|bias|ffn_gate_inp|attn_[kv]_b/.test(name) ? F32 : F16
  })
  const layers = Array.from({ length: numberIn(hparams, 'block_count') }, (_, layer) => layer)
  return {
    values: [
      ['general.architecture', value('text', architecture)],
      ...Object.entries(hparams).flatMap(([key, given]): (readonly [string, GgufValue])[] => {
        const entry = valueOf(key, given)
        return entry === null ? [] : [[`${architecture}.${key}`, entry]]
      }),
      ['tokenizer.ggml.model', value('text', 'none')]
    ],
    tensors: [
      tensor('token_embd.weight', shape.embedding, shape.vocabulary),
      tensor('output_norm.weight', shape.embedding),
      ...(ALWAYS_TIED.has(architecture) ? [] : [tensor('output.weight', shape.embedding, shape.vocabulary)]),
      ...layers.flatMap((layer) =>
        block(shape, layer).map(([name, ...dimensions]) => tensor(`blk.${layer}.${name}`, ...dimensions))
      )
    ]
  }
}
