import { closeSync, openSync, writeSync } from 'node:fs'
import { splitPartPath } from '../../src/main/models/split-name.ts'
import { layOut, list, value, type GgufContent, type GgufTensor } from './gguf-writer.ts'

export interface GgufShape {
  readonly layers: number
  readonly embedding: number
  readonly feedForward: number
  readonly heads: number
  /** Fewer than `heads` = grouped-query attention. */
  readonly headsKv: number
  readonly vocabulary: number
  readonly contextLength: number
}

export interface GgufOptions extends Partial<GgufShape> {
  readonly name?: string
  readonly architecture?: string
  /** Writes that many files, named as llama.cpp expects them; `path` is then the stem. */
  readonly parts?: number
}

/** About 240 kB: loads in milliseconds, answers nonsense. */
export const TINY: GgufShape = {
  layers: 2,
  embedding: 64,
  feedForward: 128,
  heads: 4,
  headsKv: 2,
  vocabulary: 320,
  contextLength: 2048
}

/** About 440 MiB of weights, for tests that must see memory come and go. */
export const LARGE: GgufShape = {
  layers: 8,
  embedding: 1536,
  feedForward: 4096,
  heads: 12,
  headsKv: 4,
  vocabulary: 8192,
  contextLength: 4096
}

const TYPE_F32 = 0
const TYPE_F16 = 1

/** Writes a GGUF v3 file with random weights that llama.cpp loads; returns the path to start (the first part). */
export function makeGguf(path: string, options: GgufOptions = {}): string {
  const shape: GgufShape = { ...TINY, ...options }
  const tensors = tensorsOf(shape)
  const metadata = metadataOf(shape, options.architecture ?? 'llama', options.name ?? 'synthetic')
  const parts = options.parts ?? 1
  if (parts === 1) {
    writePart(path, metadata, tensors)
    return path
  }
  const partName = (part: number): string => splitPartPath({ stem: path, part, parts }, part)
  const perPart = Math.ceil(tensors.length / parts)
  for (let part = 0; part < parts; part += 1) {
    const split: GgufContent['values'] = [
      ['split.no', value('u16', part)],
      ['split.count', value('u16', parts)],
      ['split.tensors.count', value('i32', tensors.length)]
    ]
    writePart(
      partName(part + 1),
      part === 0 ? [...metadata, ...split] : split,
      tensors.slice(part * perPart, (part + 1) * perPart)
    )
  }
  return partName(1)
}

function metadataOf(shape: GgufShape, architecture: string, name: string): GgufContent['values'] {
  const own = (key: string): string => `${architecture}.${key}`
  const special = ['<unk>', '<s>', '</s>']
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
  )
  const known = [...special, ...bytes]
  const tokens = Array.from({ length: shape.vocabulary }, (_, index) => known[index] ?? `▁w${index}`)
  const types = tokens.map((_, index) => (index === 0 ? 2 : index < 3 ? 3 : index < known.length ? 6 : 1))
  return [
    ['general.architecture', value('text', architecture)],
    ['general.name', value('text', name)],
    ['general.file_type', value('u32', 1)],
    [own('block_count'), value('u32', shape.layers)],
    [own('context_length'), value('u32', shape.contextLength)],
    [own('embedding_length'), value('u32', shape.embedding)],
    [own('feed_forward_length'), value('u32', shape.feedForward)],
    [own('attention.head_count'), value('u32', shape.heads)],
    [own('attention.head_count_kv'), value('u32', shape.headsKv)],
    [own('attention.layer_norm_rms_epsilon'), value('f32', 1e-5)],
    [own('rope.dimension_count'), value('u32', shape.embedding / shape.heads)],
    [own('vocab_size'), value('u32', shape.vocabulary)],
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

function tensorsOf(shape: GgufShape): readonly GgufTensor[] {
  const { embedding, feedForward, vocabulary, layers } = shape
  const kv = (embedding / shape.heads) * shape.headsKv
  const matrix = (name: string, ...dimensions: number[]): GgufTensor => ({
    name,
    dimensions,
    type: TYPE_F16
  })
  const norm = (name: string): GgufTensor => ({ name, dimensions: [embedding], type: TYPE_F32 })
  const block = (index: number): readonly GgufTensor[] => [
    norm(`blk.${index}.attn_norm.weight`),
    matrix(`blk.${index}.attn_q.weight`, embedding, embedding),
    matrix(`blk.${index}.attn_k.weight`, embedding, kv),
    matrix(`blk.${index}.attn_v.weight`, embedding, kv),
    matrix(`blk.${index}.attn_output.weight`, embedding, embedding),
    norm(`blk.${index}.ffn_norm.weight`),
    matrix(`blk.${index}.ffn_gate.weight`, embedding, feedForward),
    matrix(`blk.${index}.ffn_up.weight`, embedding, feedForward),
    matrix(`blk.${index}.ffn_down.weight`, feedForward, embedding)
  ]
  return [
    matrix('token_embd.weight', embedding, vocabulary),
    norm('output_norm.weight'),
    matrix('output.weight', embedding, vocabulary),
    ...Array.from({ length: layers }, (_, index) => block(index)).flat()
  ]
}

function writePart(path: string, values: GgufContent['values'], tensors: readonly GgufTensor[]): void {
  const layout = layOut({ values, tensors })
  const fd = openSync(path, 'w')
  try {
    writeAll(fd, layout.header)
    const weights = randomHalves()
    const ones = Buffer.from(new Float32Array(1024).fill(1).buffer)
    for (const { type, paddedBytes } of layout.tensors)
      writeRepeated(fd, type === TYPE_F32 ? ones : weights, paddedBytes)
  } finally {
    closeSync(fd)
  }
}

function writeAll(fd: number, buffer: Buffer): void {
  for (let at = 0; at < buffer.length;) at += writeSync(fd, buffer, at)
}

function writeRepeated(fd: number, source: Buffer, bytes: number): void {
  for (let left = bytes; left > 0; left -= source.length) {
    writeAll(fd, source.subarray(0, Math.min(left, source.length)))
  }
}

/** A MiB of halves around ±0.01, from a fixed seed: the same file every time. */
function randomHalves(): Buffer {
  const buffer = Buffer.alloc(1_048_576)
  let state = 0x2545_f491
  for (let at = 0; at < buffer.length; at += 2) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const sign = state & 0x8000_0000 ? 0x8000 : 0
    buffer.writeUInt16LE(sign | 0x2000 | ((state >>> 12) & 0x3ff), at)
  }
  return buffer
}
