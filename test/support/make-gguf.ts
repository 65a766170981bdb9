import { closeSync, openSync, writeSync } from 'node:fs'
import { splitPartPath } from '../../src/main/models/split-name.ts'

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
const ALIGNMENT = 32
const VERSION = 3

const KV_U16 = 2
const KV_U32 = 4
const KV_I32 = 5
const KV_F32 = 6
const KV_TEXT = 8
const KV_ARRAY = 9

const u16 = (value: number): Buffer => {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}
const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}
const u64 = (value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}
const f32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeFloatLE(value)
  return buffer
}
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)])
const list = (type: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([u32(type), u64(items.length), ...items])
const entry = (key: string, type: number, value: Buffer): Buffer =>
  Buffer.concat([text(key), u32(type), value])

interface Tensor {
  readonly name: string
  readonly dimensions: readonly number[]
  readonly type: number
  readonly bytes: number
}

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
    const split = [
      entry('split.no', KV_U16, u16(part)),
      entry('split.count', KV_U16, u16(parts)),
      entry('split.tensors.count', KV_I32, u32(tensors.length))
    ]
    writePart(
      partName(part + 1),
      part === 0 ? [...metadata, ...split] : split,
      tensors.slice(part * perPart, (part + 1) * perPart)
    )
  }
  return partName(1)
}

function metadataOf(shape: GgufShape, architecture: string, name: string): readonly Buffer[] {
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
    entry('general.architecture', KV_TEXT, text(architecture)),
    entry('general.name', KV_TEXT, text(name)),
    entry('general.file_type', KV_U32, u32(1)),
    entry(own('block_count'), KV_U32, u32(shape.layers)),
    entry(own('context_length'), KV_U32, u32(shape.contextLength)),
    entry(own('embedding_length'), KV_U32, u32(shape.embedding)),
    entry(own('feed_forward_length'), KV_U32, u32(shape.feedForward)),
    entry(own('attention.head_count'), KV_U32, u32(shape.heads)),
    entry(own('attention.head_count_kv'), KV_U32, u32(shape.headsKv)),
    entry(own('attention.layer_norm_rms_epsilon'), KV_F32, f32(1e-5)),
    entry(own('rope.dimension_count'), KV_U32, u32(shape.embedding / shape.heads)),
    entry(own('vocab_size'), KV_U32, u32(shape.vocabulary)),
    entry('tokenizer.ggml.model', KV_TEXT, text('llama')),
    entry('tokenizer.ggml.tokens', KV_ARRAY, list(KV_TEXT, tokens.map(text))),
    entry(
      'tokenizer.ggml.scores',
      KV_ARRAY,
      list(
        KV_F32,
        tokens.map((_, index) => f32(-index))
      )
    ),
    entry('tokenizer.ggml.token_type', KV_ARRAY, list(KV_I32, types.map(u32))),
    entry('tokenizer.ggml.bos_token_id', KV_U32, u32(1)),
    entry('tokenizer.ggml.eos_token_id', KV_U32, u32(2)),
    entry('tokenizer.ggml.unknown_token_id', KV_U32, u32(0))
  ]
}

function tensorsOf(shape: GgufShape): readonly Tensor[] {
  const { embedding, feedForward, vocabulary, layers } = shape
  const kv = (embedding / shape.heads) * shape.headsKv
  const matrix = (name: string, ...dimensions: number[]): Tensor => ({
    name,
    dimensions,
    type: TYPE_F16,
    bytes: 2 * dimensions.reduce((product, size) => product * size, 1)
  })
  const norm = (name: string): Tensor => ({
    name,
    dimensions: [embedding],
    type: TYPE_F32,
    bytes: 4 * embedding
  })
  const block = (index: number): readonly Tensor[] => [
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

const padded = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

function writePart(path: string, metadata: readonly Buffer[], tensors: readonly Tensor[]): void {
  let offset = 0
  const infos = tensors.map(({ name, dimensions, type, bytes }) => {
    const info = Buffer.concat([
      text(name),
      u32(dimensions.length),
      ...dimensions.map(u64),
      u32(type),
      u64(offset)
    ])
    offset += padded(bytes)
    return info
  })
  const counts = [u32(VERSION), u64(tensors.length), u64(metadata.length)]
  const header = Buffer.concat([Buffer.from('GGUF'), ...counts, ...metadata, ...infos])
  const fd = openSync(path, 'w')
  try {
    writeAll(fd, header)
    writeAll(fd, Buffer.alloc(padded(header.length) - header.length))
    const weights = randomHalves()
    const ones = Buffer.concat(Array.from({ length: 1024 }, () => f32(1)))
    for (const { type, bytes } of tensors)
      writeRepeated(fd, type === TYPE_F32 ? ones : weights, padded(bytes))
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
