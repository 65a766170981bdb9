import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { tensorBytes } from '../../src/main/models/gguf/types.ts'

/** Type ids of the format, of values that are no list. */
const TYPE_IDS = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  text: 8,
  u64: 10,
  i64: 11,
  f64: 12
} as const
const WIDTHS: Readonly<Record<ValueType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  text: 0,
  u64: 8,
  i64: 8,
  f64: 8
}
const LIST_ID = 9
const DEFAULT_ALIGNMENT = 32
const FIRST_BUFFER_BYTES = 65_536

export type ValueType = keyof typeof TYPE_IDS
export type Scalar = number | boolean | string

export type GgufValue =
  | { readonly type: ValueType; readonly value: Scalar }
  | { readonly listOf: ValueType; readonly values: readonly Scalar[] }

export const value = (type: ValueType, given: Scalar): GgufValue => ({ type, value: given })
export const list = (listOf: ValueType, values: readonly Scalar[]): GgufValue => ({ listOf, values })

export interface GgufTensor {
  readonly name: string
  readonly dimensions: readonly number[]
  /** ggml's id. */
  readonly type: number
  /** For a type that is not known. */
  readonly bytes?: number
}

export interface GgufContent {
  readonly version?: number
  /** Also said in 'general.alignment' where it is not 32. */
  readonly alignment?: number
  readonly values: readonly (readonly [key: string, value: GgufValue])[]
  readonly tensors: readonly GgufTensor[]
}

export interface PlacedTensor extends GgufTensor {
  readonly bytes: number
  /** With what fills up to the next one. */
  readonly paddedBytes: number
  readonly offset: number
}

export interface GgufLayout {
  /** Up to where tensors begin. */
  readonly header: Buffer
  readonly tensors: readonly PlacedTensor[]
  readonly dataBytes: number
}

/** The bytes of a GGUF file's header, and where its tensors go. */
export function layOut({ version = 3, alignment, values, tensors }: GgufContent): GgufLayout {
  const step = alignment ?? DEFAULT_ALIGNMENT
  const padded = (bytes: number): number => Math.ceil(bytes / step) * step
  const out = byteSink()
  const all =
    alignment === undefined ? values : [...values, ['general.alignment', value('u32', alignment)] as const]
  out.bytes(Buffer.from('GGUF'))
  out.scalar('u32', version)
  out.scalar('u64', tensors.length)
  out.scalar('u64', all.length)
  for (const [key, entry] of all) {
    out.scalar('text', key)
    if ('listOf' in entry) {
      out.scalar('u32', LIST_ID)
      out.scalar('u32', TYPE_IDS[entry.listOf])
      out.scalar('u64', entry.values.length)
      for (const item of entry.values) out.scalar(entry.listOf, item)
    } else {
      out.scalar('u32', TYPE_IDS[entry.type])
      out.scalar(entry.type, entry.value)
    }
  }
  let offset = 0
  const placed = tensors.map((tensor): PlacedTensor => {
    const bytes = tensor.bytes ?? tensorBytes(tensor.type, tensor.dimensions)
    if (bytes === null) throw new Error(`give the bytes of ${tensor.name}: its type is not known`)
    const one = { ...tensor, bytes, paddedBytes: padded(bytes), offset }
    offset += one.paddedBytes
    return one
  })
  for (const tensor of placed) {
    out.scalar('text', tensor.name)
    out.scalar('u32', tensor.dimensions.length)
    for (const size of tensor.dimensions) out.scalar('u64', size)
    out.scalar('u32', tensor.type)
    out.scalar('u64', tensor.offset)
  }
  const written = out.written()
  const header = Buffer.alloc(padded(written.length))
  written.copy(header)
  return { header, tensors: placed, dataBytes: offset }
}

/** Writes a file with its full length and a hole where weights would be: it takes the room of its header. */
export function writeSparseGguf(path: string, content: GgufContent): GgufLayout {
  const layout = layOut(content)
  const fd = openSync(path, 'w')
  try {
    for (let at = 0; at < layout.header.length;) at += writeSync(fd, layout.header, at)
    ftruncateSync(fd, layout.header.length + layout.dataBytes)
  } finally {
    closeSync(fd)
  }
  return layout
}

function byteSink() {
  let buffer = Buffer.alloc(FIRST_BUFFER_BYTES)
  let at = 0
  const room = (bytes: number): number => {
    if (at + bytes > buffer.length) {
      const larger = Buffer.alloc(Math.max(buffer.length * 2, at + bytes))
      buffer.copy(larger, 0, 0, at)
      buffer = larger
    }
    at += bytes
    return at - bytes
  }
  const text = (given: string): void => {
    const bytes = Buffer.byteLength(given)
    const start = room(8 + bytes)
    buffer.writeBigUInt64LE(BigInt(bytes), start)
    buffer.write(given, start + 8)
  }
  // Room first: it may put another buffer in this one's place.
  const number = (type: ValueType, given: number): void => {
    const start = room(WIDTHS[type])
    switch (type) {
      case 'u8':
      case 'bool':
        return void buffer.writeUInt8(given, start)
      case 'i8':
        return void buffer.writeInt8(given, start)
      case 'u16':
        return void buffer.writeUInt16LE(given, start)
      case 'i16':
        return void buffer.writeInt16LE(given, start)
      case 'u32':
        return void buffer.writeUInt32LE(given, start)
      case 'i32':
        return void buffer.writeInt32LE(given, start)
      case 'f32':
        return void buffer.writeFloatLE(given, start)
      case 'u64':
        return void buffer.writeBigUInt64LE(BigInt(given), start)
      case 'i64':
        return void buffer.writeBigInt64LE(BigInt(given), start)
      case 'f64':
        return void buffer.writeDoubleLE(given, start)
      case 'text':
        throw new Error('a number is no text')
    }
  }
  return {
    bytes: (given: Buffer): void => {
      const start = room(given.length)
      given.copy(buffer, start)
    },
    scalar: (type: ValueType, given: Scalar): void => {
      if (type === 'text') text(String(given))
      else number(type, Number(given))
    },
    written: (): Buffer => buffer.subarray(0, at)
  }
}
