import type { HparamValue, TensorSums } from '../../../shared/model/model-facts.ts'
import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { damaged, Refusal } from '../model-problem.ts'
import { ByteWindow, type ReadableFile } from '../byte-window.ts'
import { createTensorTally, type TensorTally } from './tensor-tally.ts'
import { nothingKept, readValue, type Kept } from './values.ts'

/** Real headers take 2 to 19 MB (tokens and merges); ten times that is damage or an attack. */
const MAX_HEADER_BYTES = 268_435_456
/** Models have tens to hundreds of keys and up to some thousands of tensors. */
const MAX_KEYS = 65_536
const MAX_TENSORS = 262_144
/** Longest key or tensor name; ggml itself allows 64 bytes for tensors and about that for keys. */
const MAX_NAME_BYTES = 65_536
const MAX_DIMENSIONS = 4
const DEFAULT_ALIGNMENT_BYTES = 32
const MAX_ALIGNMENT_BYTES = 1_048_576
const MAGIC = 'GGUF'

/** What one GGUF file's header says; of a split model each part has its own. */
export interface GgufHeader {
  readonly version: number
  /** general.architecture; empty where it is not said, as in later parts. */
  readonly architecture: string
  readonly name: string | null
  /** Keys of the architecture, without its name in front. */
  readonly hparams: Readonly<Record<string, HparamValue>>
  /** The key, the number of tokens, or the rows of the token embedding; null: none is there. */
  readonly vocabularySize: number | null
  /** Parts of a split model, from 'split.count'; 1 for a single file. */
  readonly partCount: number
  readonly tensorCount: number
  readonly tensors: TensorSums
  /** Size the file must have for its tensors; a lower bound where a tensor's type is not known. */
  readonly requiredBytes: number
  readonly fileBytes: number
}

/** Reads the header only, in one pass and within bounds, and refuses a file that is shorter than its tensors need. */
export async function parseGgufHeader(file: ReadableFile, fileBytes: number): Promise<GgufHeader> {
  const window = new ByteWindow(file, fileBytes, MAX_HEADER_BYTES)
  const version = await readVersion(window, fileBytes)
  await window.fill(16)
  const tensorCount = window.u64()
  const keyCount = window.u64()
  if (tensorCount > MAX_TENSORS) throw damaged(`it claims ${tensorCount} tensors`)
  if (keyCount > MAX_KEYS) throw damaged(`it claims ${keyCount} keys`)
  const kept = nothingKept()
  for (let index = 0; index < keyCount; index += 1) {
    await readValue(window, await readName(window, 'a key'), kept)
  }
  const alignment = alignmentOf(kept)
  const tally = createTensorTally()
  for (let index = 0; index < tensorCount; index += 1) await readTensor(window, tally)
  const headerBytes = window.position
  const dataStart = Math.ceil(headerBytes / alignment) * alignment
  const requiredBytes = tensorCount === 0 ? headerBytes : dataStart + tally.endBytes
  if (fileBytes < requiredBytes) {
    const have = bytesOfBytes(fileBytes, requiredBytes)
    throw new Refusal('truncated', `is incomplete: ${have} are there. Download it again.`)
  }
  const dataBytes = Math.max(0, fileBytes - dataStart)
  const tensors = tally.sums(dataBytes)
  if (tensors.totalBytes > dataBytes) throw damaged('its tensors overlap')
  const architecture = textOf(kept, 'general.architecture') ?? ''
  const hparams = hparamsOf(kept, architecture)
  return {
    version,
    architecture,
    name: textOf(kept, 'general.name'),
    hparams,
    vocabularySize: countOf(hparams['vocab_size']) ?? kept.tokens ?? tally.embeddingRows,
    partCount: Math.max(1, countOf(kept.values.get('split.count')) ?? 1),
    tensorCount,
    tensors,
    requiredBytes,
    fileBytes
  }
}

async function readVersion(window: ByteWindow, fileBytes: number): Promise<number> {
  const there = Math.min(MAGIC.length, fileBytes)
  await window.fill(there)
  const magic = window.text(there)
  if (magic === MAGIC.slice(0, there)) await window.fill(4)
  else throw new Refusal('not-gguf', 'is not a GGUF file. llama.cpp needs a model in GGUF form.')
  const version = window.u32()
  // A big-endian file has its version in the upper bytes.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new Refusal('unsupported', 'is a big-endian GGUF file, made for another kind of processor.')
  }
  if (version !== 2 && version !== 3) {
    throw new Refusal(
      'unsupported',
      `is GGUF version ${version}; versions 2 and 3 are understood. Convert or download it anew.`
    )
  }
  return version
}

function alignmentOf(kept: Kept): number {
  const value = kept.values.get('general.alignment') ?? DEFAULT_ALIGNMENT_BYTES
  const isPower = typeof value === 'number' && value >= 1 && (value & (value - 1)) === 0
  if (!isPower || value > MAX_ALIGNMENT_BYTES) {
    throw damaged(`its alignment of ${String(value)} bytes is impossible`)
  }
  return value
}

async function readTensor(window: ByteWindow, tally: TensorTally): Promise<void> {
  const name = await readName(window, 'a tensor')
  if (!window.has(4)) await window.fill(4)
  const rank = window.u32()
  if (rank > MAX_DIMENSIONS) throw damaged(`a tensor has ${rank} dimensions`)
  const bytes = rank * 8 + 12
  if (!window.has(bytes)) await window.fill(bytes)
  const dimensions = Array.from({ length: rank }, () => window.u64())
  const type = window.u32()
  tally.add({ name, type, dimensions, offset: window.u64() })
}

async function readName(window: ByteWindow, what: string): Promise<string> {
  if (!window.has(8)) await window.fill(8)
  const length = window.u64()
  if (length > MAX_NAME_BYTES) throw damaged(`${what} has a name of ${length} bytes`)
  if (!window.has(length)) await window.fill(length)
  return window.text(length)
}

function hparamsOf(kept: Kept, architecture: string): Readonly<Record<string, HparamValue>> {
  const prefix = `${architecture}.`
  return Object.fromEntries(
    [...kept.values]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value])
  )
}

function textOf(kept: Kept, key: string): string | null {
  const value = kept.values.get(key)
  return typeof value === 'string' ? value : null
}

const countOf = (value: HparamValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
