import { bytesInWords, bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { ByteWindow, type ReadableFile } from '../byte-window.ts'
import { damaged, Refusal } from '../model-problem.ts'
import { notSafetensors, readEntries } from './entries.ts'
import { isFields } from './json-fields.ts'
import { isHead, isNoWeight, PACKED_BITS } from './tensor-kinds.ts'

const LENGTH_BYTES = 8
/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000

/** What one safetensors file's header says. */
export interface SafetensorsHeader {
  /** Of all tensors: the file without its header. */
  readonly dataBytes: number
  readonly fileBytes: number
  /** Elements of tensors that hold one weight each. */
  readonly plainElements: number
  /** Bits of tensors that hold several weights in one integer; how many, the model's configuration says. */
  readonly packedBits: number
  /** It has an output matrix of its own. */
  readonly hasHead: boolean
}

/** Reads the header of one file in one pass, and refuses a file that is shorter than its tensors need. */
export async function parseSafetensorsHeader(
  file: ReadableFile,
  fileBytes: number
): Promise<SafetensorsHeader> {
  if (fileBytes < LENGTH_BYTES) throw cutOff(fileBytes)
  const window = new ByteWindow(file, fileBytes, LENGTH_BYTES + MAX_HEADER_BYTES)
  await window.fill(LENGTH_BYTES)
  const headerBytes = window.u64()
  if (headerBytes > MAX_HEADER_BYTES || headerBytes < 2) throw notSafetensors()
  const dataStart = LENGTH_BYTES + headerBytes
  if (fileBytes < dataStart) throw cutOff(fileBytes)
  let endBytes = 0
  let plainElements = 0
  let packedBits = 0
  let hasHead = false
  await readEntries(window, dataStart, (name, entry) => {
    const { dtype, elements, end } = tensorOf(name, entry)
    endBytes = Math.max(endBytes, end)
    hasHead ||= isHead(name)
    if (isNoWeight(name, dtype)) return
    const bits = PACKED_BITS[dtype]
    if (bits === undefined) plainElements += elements
    else packedBits += elements * bits
  })
  if (!Number.isSafeInteger(plainElements) || !Number.isSafeInteger(packedBits)) {
    throw damaged('a tensor is impossibly large')
  }
  if (dataStart + endBytes > fileBytes) {
    const have = bytesOfBytes(fileBytes, dataStart + endBytes)
    throw new Refusal('truncated', `is incomplete: ${have} are there. Download it again.`)
  }
  return { dataBytes: fileBytes - dataStart, fileBytes, plainElements, packedBits, hasHead }
}

const cutOff = (fileBytes: number): Refusal =>
  new Refusal(
    'truncated',
    `is incomplete: it ends inside its header, after ${bytesInWords(fileBytes)}. Download it again.`
  )

function tensorOf(name: string, entry: unknown) {
  const { dtype, shape, data_offsets: range } = isFields(entry) ? entry : {}
  const dimensions = sizes(shape)
  const [begin, end, ...more] = sizes(range) ?? []
  const isTensor = typeof dtype === 'string' && dimensions !== null && more.length === 0
  if (!isTensor || begin === undefined || end === undefined || begin > end) {
    throw damaged(`the entry of ${JSON.stringify(name.slice(0, 80))} is no tensor's`)
  }
  return { dtype, elements: dimensions.reduce((product, size) => product * size, 1), end }
}

function sizes(value: unknown): readonly number[] | null {
  if (!Array.isArray(value)) return null
  const items: readonly unknown[] = value
  const numbers = items.filter((item) => typeof item === 'number')
  const isWhole = numbers.every((item) => Number.isSafeInteger(item) && item >= 0)
  return isWhole && numbers.length === items.length ? numbers : null
}
