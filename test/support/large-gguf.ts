import {
  list,
  value,
  writeSparseGguf,
  type GgufContent,
  type GgufLayout,
  type GgufTensor
} from './gguf-writer.ts'

const TYPE_F32 = 0
const TYPE_Q8_0 = 8
const LAYERS = 47
const EMBEDDING = 8_192
const FEED_FORWARD = 23_552
const KEYS = 1_024
const TOKENS = 262_144
/** As many as the largest vocabularies have for each token. */
const MERGES_PER_TOKEN = 1.9642

/** A model of 38.6 billion weights in 8 bits: 41 GB, 473 tensors, and with 262 144 tokens a header of 19 MB. */
export function modelWithTokens(tokens: number): GgufContent {
  const merges = Math.round(tokens * MERGES_PER_TOKEN)
  const matrix = (name: string, ...dimensions: number[]): GgufTensor => ({
    name,
    dimensions,
    type: TYPE_Q8_0
  })
  const norm = (name: string): GgufTensor => ({ name, dimensions: [EMBEDDING], type: TYPE_F32 })
  const block = (index: number): readonly GgufTensor[] => [
    norm(`blk.${index}.attn_norm.weight`),
    matrix(`blk.${index}.attn_q.weight`, EMBEDDING, EMBEDDING),
    matrix(`blk.${index}.attn_k.weight`, EMBEDDING, KEYS),
    matrix(`blk.${index}.attn_v.weight`, EMBEDDING, KEYS),
    matrix(`blk.${index}.attn_output.weight`, EMBEDDING, EMBEDDING),
    norm(`blk.${index}.post_attention_norm.weight`),
    norm(`blk.${index}.ffn_norm.weight`),
    matrix(`blk.${index}.ffn_gate.weight`, EMBEDDING, FEED_FORWARD),
    matrix(`blk.${index}.ffn_up.weight`, EMBEDDING, FEED_FORWARD),
    matrix(`blk.${index}.ffn_down.weight`, FEED_FORWARD, EMBEDDING)
  ]
  return {
    values: [
      ['general.architecture', value('text', 'llama')],
      ['general.name', value('text', 'Large 38B')],
      ['llama.block_count', value('u32', LAYERS)],
      ['llama.context_length', value('u32', 131_072)],
      ['llama.embedding_length', value('u32', EMBEDDING)],
      ['llama.feed_forward_length', value('u32', FEED_FORWARD)],
      ['llama.attention.head_count', value('u32', 64)],
      ['llama.attention.head_count_kv', list('u32', Array<number>(LAYERS).fill(8))],
      ['llama.rope.freq_base', value('f32', 500_000)],
      ['tokenizer.ggml.model', value('text', 'gpt2')],
      [
        'tokenizer.ggml.tokens',
        list(
          'text',
          Array.from({ length: tokens }, (_, at) => wordOf(at))
        )
      ],
      ['tokenizer.ggml.token_type', list('i32', Array<number>(tokens).fill(1))],
      [
        'tokenizer.ggml.merges',
        list(
          'text',
          Array.from({ length: merges }, (_, at) => `${wordOf(at % 5_003)} ${wordOf(at % tokens)}`)
        )
      ]
    ],
    tensors: [
      matrix('token_embd.weight', EMBEDDING, tokens),
      norm('output_norm.weight'),
      matrix('output.weight', EMBEDDING, tokens),
      ...Array.from({ length: LAYERS }, (_, index) => block(index)).flat()
    ]
  }
}

export const writeLargeGguf = (path: string): GgufLayout => writeSparseGguf(path, modelWithTokens(TOKENS))

/** Eight bytes on average, as tokens of large vocabularies have. */
const wordOf = (at: number): string => `Ġ${(at + 46_656).toString(36)}ing`
