import { bytesInWords, bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import type { ReadableFile } from '../gguf/byte-window.ts'
import { damaged, Refusal } from '../model-problem.ts'
import { isHead, isNoWeight, PACKED_BITS } from './tensor-kinds.ts'

const LENGTH_BYTES = 8
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000
/** Headers of real files have some hundred kilobytes; a longer one is counted by its length and not read. */
const MAX_READ_HEADER_BYTES = 16_777_216
const TWO_TO_32 = 4_294_967_296

/** What one safetensors file's header says. */
export interface SafetensorsHeader {
  /** Of all tensors: the file without its header. */
  readonly dataBytes: number
  readonly fileBytes: number
  /** Null where the header is too long to be read. */
  readonly tensors: SafetensorsTensors | null
}

export interface SafetensorsTensors {
  /** Elements of tensors that hold one weight each. */
  readonly plainElements: number
  /** Bits of tensors that hold several weights in one integer; how many, the model's configuration says. */
  readonly packedBits: number
  /** It has an output matrix of its own. */
  readonly hasHead: boolean
}

/** Reads the header of one file, and refuses one that is shorter than its tensors need. */
export async function parseSafetensorsHeader(
  file: ReadableFile,
  fileBytes: number
): Promise<SafetensorsHeader> {
  if (fileBytes < LENGTH_BYTES) throw cutOff(fileBytes)
  const prefix = Buffer.from(await readBytes(file, 0, LENGTH_BYTES, fileBytes))
  const headerBytes = prefix.readUInt32LE(0) + prefix.readUInt32LE(4) * TWO_TO_32
  if (headerBytes > MAX_HEADER_BYTES || headerBytes < 2) {
    throw new Refusal('not-safetensors', 'is not a safetensors file. Download it again.')
  }
  const dataBytes = fileBytes - LENGTH_BYTES - headerBytes
  if (dataBytes < 0) throw cutOff(fileBytes)
  if (headerBytes > MAX_READ_HEADER_BYTES) return { dataBytes, fileBytes, tensors: null }
  const text = Buffer.from(await readBytes(file, LENGTH_BYTES, headerBytes, fileBytes)).toString('utf8')
  const { endBytes, ...tensors } = tensorsOf(parseObject(text))
  if (endBytes > dataBytes) {
    const have = bytesOfBytes(fileBytes, LENGTH_BYTES + headerBytes + endBytes)
    throw new Refusal('truncated', `is incomplete: ${have} are there. Download it again.`)
  }
  return { dataBytes, fileBytes, tensors }
}

async function readBytes(
  file: ReadableFile,
  start: number,
  bytes: number,
  fileBytes: number
): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  for (let got = 0; got < bytes;) {
    const { bytesRead } = await file.read(buffer, got, bytes - got, start + got)
    if (bytesRead === 0) throw cutOff(fileBytes)
    got += bytesRead
  }
  return buffer
}

const cutOff = (fileBytes: number): Refusal =>
  new Refusal(
    'truncated',
    `is incomplete: it ends inside its header, after ${bytesInWords(fileBytes)}. Download it again.`
  )

function parseObject(text: string): object {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = null
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed
  throw new Refusal('not-safetensors', 'is not a safetensors file. Download it again.')
}

function tensorsOf(header: object): SafetensorsTensors & { readonly endBytes: number } {
  let endBytes = 0
  let plainElements = 0
  let packedBits = 0
  let hasHead = false
  for (const [name, tensor] of Object.entries(header)) {
    if (name === '__metadata__') continue
    const { dtype, elements, end } = tensorOf(name, tensor)
    endBytes = Math.max(endBytes, end)
    hasHead ||= isHead(name)
    if (isNoWeight(name, dtype)) continue
    const bits = PACKED_BITS[dtype]
    if (bits === undefined) plainElements += elements
    else packedBits += elements * bits
  }
  if (!Number.isSafeInteger(plainElements) || !Number.isSafeInteger(packedBits)) {
    throw damaged('a tensor is impossibly large')
  }
  return { endBytes, plainElements, packedBits, hasHead }
}

function tensorOf(name: string, tensor: unknown) {
  const broken = (): Refusal => damaged(`the entry of ${JSON.stringify(name.slice(0, 80))} is no tensor's`)
  if (typeof tensor !== 'object' || tensor === null) throw broken()
  const dtype: unknown = Reflect.get(tensor, 'dtype')
  const shape = sizes(Reflect.get(tensor, 'shape'))
  const offsets = sizes(Reflect.get(tensor, 'data_offsets'))
  const [begin, end] = offsets ?? []
  if (typeof dtype !== 'string' || shape === null || begin === undefined || end === undefined) throw broken()
  if (begin > end || offsets?.length !== 2) throw broken()
  return { dtype, elements: shape.reduce((product, size) => product * size, 1), end }
}

function sizes(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return null
  const items: readonly unknown[] = value
  const numbers = items.filter((item) => typeof item === 'number')
  const isWhole = numbers.every((item) => Number.isSafeInteger(item) && item >= 0)
  return isWhole && numbers.length === items.length ? numbers : null
}
