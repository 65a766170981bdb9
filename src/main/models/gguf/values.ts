import type { HparamValue } from '../../../shared/model/model-facts.ts'
import { damaged } from '../model-problem.ts'
import type { ByteWindow } from '../byte-window.ts'
import { VALUE_ARRAY, VALUE_BOOL, VALUE_BYTES, VALUE_STRING } from './types.ts'

/** Longest key that is kept; ggml's own are below 64 bytes. */
const MAX_KEPT_KEY_BYTES = 256
/** Longest text that is kept rather than passed over: architecture, name. A chat template is longer, and not needed. */
const MAX_KEPT_TEXT_BYTES = 4_096
/** Longest list that is kept: one entry per layer. Those of the tokenizer have 100 000 and more. */
const MAX_KEPT_ITEMS = 4_096
/** All that is kept of one file; real ones come to some kilobytes. What is beyond it is passed over. */
const MAX_KEPT_BYTES = 1_048_576
const NUMBER_BYTES = 8
const TOKENIZER = 'tokenizer.'

/** What a header's keys say, as far as it is kept. */
export interface Kept {
  readonly values: Map<string, HparamValue>
  /** Entries of tokenizer.ggml.tokens. */
  tokens: number | null
  bytes: number
}

export const nothingKept = (): Kept => ({ values: new Map(), tokens: null, bytes: 0 })

/** Reads the value behind a key, or passes over it. */
export async function readValue(window: ByteWindow, key: string, kept: Kept): Promise<void> {
  await window.fill(4)
  const type = window.u32()
  if (type === VALUE_STRING) return readText(window, key, kept)
  if (type === VALUE_ARRAY) return readList(window, key, kept)
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw damaged(`a value has the unknown type ${type}`)
  await window.fill(bytes)
  if (mayKeep(key, NUMBER_BYTES, kept)) keep(key, scalar(window, type), NUMBER_BYTES, kept)
  else window.skip(bytes)
}

async function readText(window: ByteWindow, key: string, kept: Kept): Promise<void> {
  await window.fill(8)
  const length = window.u64()
  if (length <= MAX_KEPT_TEXT_BYTES && mayKeep(key, length, kept)) {
    await window.fill(length)
    keep(key, window.text(length), length, kept)
  } else window.skip(length)
}

async function readList(window: ByteWindow, key: string, kept: Kept): Promise<void> {
  await window.fill(12)
  const type = window.u32()
  const count = window.u64()
  if (type === VALUE_ARRAY) throw damaged('a list holds lists')
  if (type === VALUE_STRING) {
    if (key === 'tokenizer.ggml.tokens') kept.tokens = count
    return skipTexts(window, count)
  }
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw damaged(`a list holds values of the unknown type ${type}`)
  if (count > MAX_KEPT_ITEMS || !mayKeep(key, count * NUMBER_BYTES, kept)) {
    window.skip(count * bytes)
    return
  }
  await window.fill(count * bytes)
  const list =
    type === VALUE_BOOL
      ? Array.from({ length: count }, () => window.u8() !== 0)
      : Array.from({ length: count }, () => number(window, type))
  keep(key, list, count * NUMBER_BYTES, kept)
}

async function skipTexts(window: ByteWindow, count: number): Promise<void> {
  for (let left = count; left > 0;) {
    left -= window.passTexts(left)
    if (left === 0) break
    // One that goes over the chunk's end.
    await window.fill(8)
    window.skip(window.u64())
    left -= 1
  }
}

const mayKeep = (key: string, bytes: number, kept: Kept): boolean =>
  key.length <= MAX_KEPT_KEY_BYTES &&
  !key.startsWith(TOKENIZER) &&
  kept.bytes + key.length + bytes <= MAX_KEPT_BYTES

/** A number that is none counts as not said. */
function keep(key: string, value: HparamValue, bytes: number, kept: Kept): void {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!items.every((item) => typeof item !== 'number' || Number.isFinite(item))) return
  kept.values.set(key, value)
  kept.bytes += key.length + bytes
}

const scalar = (window: ByteWindow, type: number): number | boolean =>
  type === VALUE_BOOL ? window.u8() !== 0 : number(window, type)

function number(window: ByteWindow, type: number): number {
  switch (type) {
    case 0:
      return window.u8()
    case 1:
      return window.i8()
    case 2:
      return window.u16()
    case 3:
      return window.i16()
    case 4:
      return window.u32()
    case 5:
      return window.i32()
    case 6:
      return window.f32()
    case 10:
      return window.u64()
    case 11:
      return window.i64()
    default:
      return window.f64()
  }
}
