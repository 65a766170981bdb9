import { constants, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { bytesInWords, bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { ByteWindow, HeaderEnd } from './byte-window.ts'
import { tensorBytes, VALUE_ARRAY, VALUE_BYTES, VALUE_STRING } from './types.ts'

/** Real headers take 2 to 19 MB (tokens and merges); four times that is damage or an attack. */
const MAX_HEADER_BYTES = 67_108_864
/** Models have tens to hundreds of keys and up to some thousands of tensors. */
const MAX_KEYS = 65_536
const MAX_TENSORS = 262_144
/** Longest key or tensor name; ggml itself allows 64 bytes for tensors and about that for keys. */
const MAX_NAME_BYTES = 65_536
const MAX_DIMENSIONS = 4
/** Longest value that is kept rather than skipped (architecture, name). */
const MAX_KEPT_TEXT_BYTES = 4096
const DEFAULT_ALIGNMENT_BYTES = 32
const MAX_ALIGNMENT_BYTES = 1_048_576
const MAGIC = 'GGUF'

export interface GgufSummary {
  readonly version: number
  readonly architecture: string
  readonly name?: string
  readonly contextLength?: number
  /** Parts of a split model, from 'split.count'; 1 for a single file. */
  readonly partCount: number
  readonly tensorCount: number
  /** Size the file must have for its tensors; a lower bound where a tensor's type is not known. */
  readonly requiredBytes: number
  readonly fileBytes: number
}

export type GgufProblemKind =
  'missing' | 'unreadable' | 'not-a-file' | 'empty' | 'not-gguf' | 'unsupported' | 'truncated' | 'damaged'

export interface GgufProblem {
  readonly kind: GgufProblemKind
  /** One sentence or two: what is wrong and what to do. */
  readonly message: string
}

class Damaged extends Error {}

/** Reads the header only, in chunks, within bounds, and checks that the file is as long as its tensors need. */
export async function readGgufSummary(path: string): Promise<Result<GgufSummary, GgufProblem>> {
  const label = basename(path)
  const problem = (kind: GgufProblemKind, message: string): Result<GgufSummary, GgufProblem> =>
    err({ kind, message })
  let file: Awaited<ReturnType<typeof open>>
  try {
    // Without waiting: opening a pipe for reading would last until somebody writes to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return problem('missing', `There is no file ${path}. Check the path, or download the model again.`)
    }
    if (code === 'ELOOP') {
      return problem(
        'unreadable',
        `${path} cannot be read: the link points to itself. Remove it, and give the path of the file.`
      )
    }
    return problem('unreadable', `${path} cannot be read (${code}). Check its permissions.`)
  }
  let fileBytes = 0
  try {
    const stat = await file.stat()
    if (!stat.isFile()) {
      const what = stat.isDirectory() ? 'a folder' : 'not an ordinary file'
      return problem('not-a-file', `${path} is ${what}. Give the path of a .gguf file.`)
    }
    fileBytes = stat.size
    if (fileBytes === 0) return problem('empty', `${label} is empty. Download it again.`)
    const summary = await parse(new ByteWindow(file, fileBytes, MAX_HEADER_BYTES), fileBytes)
    if (summary.fileBytes < summary.requiredBytes) {
      const have = bytesOfBytes(fileBytes, summary.requiredBytes)
      return problem('truncated', `${label} is incomplete: ${have} are there. Download it again.`)
    }
    return ok(summary)
  } catch (error) {
    if (error instanceof HeaderEnd && error.reason === 'truncated') {
      const have = bytesInWords(fileBytes)
      return problem(
        'truncated',
        `${label} is incomplete: it ends inside its header, after ${have}. Download it again.`
      )
    }
    if (error instanceof HeaderEnd) {
      const limit = bytesInWords(MAX_HEADER_BYTES)
      return problem('damaged', `${label} is damaged: its header goes on past ${limit}. Download it again.`)
    }
    if (error instanceof Unsupported) return problem(error.kind, `${label} ${error.message}`)
    if (error instanceof Damaged) {
      return problem('damaged', `${label} is damaged: ${error.message}. Download it again.`)
    }
    return problem('unreadable', `${path} cannot be read (${codeOf(error)}).`)
  } finally {
    await file.close()
  }
}

class Unsupported extends Error {
  readonly kind: 'not-gguf' | 'unsupported'
  constructor(kind: 'not-gguf' | 'unsupported', message: string) {
    super(message)
    this.kind = kind
  }
}

async function parse(window: ByteWindow, fileBytes: number): Promise<GgufSummary> {
  const version = await readVersion(window, fileBytes)
  await window.fill(16)
  const tensorCount = window.u64()
  const keyCount = window.u64()
  if (tensorCount > MAX_TENSORS) throw new Damaged(`it claims ${tensorCount} tensors`)
  if (keyCount > MAX_KEYS) throw new Damaged(`it claims ${keyCount} keys`)
  const kept = await readKeys(window, keyCount)
  const alignment = kept.numbers.get('general.alignment') ?? DEFAULT_ALIGNMENT_BYTES
  if (alignment < 1 || alignment > MAX_ALIGNMENT_BYTES || (alignment & (alignment - 1)) !== 0) {
    throw new Damaged(`its alignment of ${alignment} bytes is impossible`)
  }
  let dataBytes = 0
  for (let index = 0; index < tensorCount; index += 1) {
    dataBytes = Math.max(dataBytes, await readTensorEnd(window))
  }
  const headerBytes = window.position
  const dataStart = Math.ceil(headerBytes / alignment) * alignment
  const architecture = kept.texts.get('general.architecture') ?? ''
  const name = kept.texts.get('general.name')
  const contextLength = kept.numbers.get(`${architecture}.context_length`)
  return {
    version,
    architecture,
    ...(name === undefined ? {} : { name }),
    ...(contextLength === undefined ? {} : { contextLength }),
    partCount: Math.max(1, kept.numbers.get('split.count') ?? 1),
    tensorCount,
    requiredBytes: tensorCount === 0 ? headerBytes : dataStart + dataBytes,
    fileBytes
  }
}

async function readVersion(window: ByteWindow, fileBytes: number): Promise<number> {
  await window.fill(Math.min(4, fileBytes))
  const magic = window.text(Math.min(4, fileBytes))
  if (magic !== MAGIC) {
    if (magic !== '' && MAGIC.startsWith(magic)) throw new HeaderEnd('truncated')
    throw new Unsupported('not-gguf', 'is not a GGUF file. llama.cpp needs a model in GGUF form.')
  }
  await window.fill(4)
  const version = window.u32()
  // A big-endian file has its version in the upper bytes.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new Unsupported('unsupported', 'is a big-endian GGUF file, made for another kind of processor.')
  }
  if (version !== 2 && version !== 3) {
    throw new Unsupported(
      'unsupported',
      `is GGUF version ${version}; versions 2 and 3 are understood. Convert or download it anew.`
    )
  }
  return version
}

interface Kept {
  readonly texts: Map<string, string>
  readonly numbers: Map<string, number>
}

async function readKeys(window: ByteWindow, count: number): Promise<Kept> {
  const kept: Kept = { texts: new Map(), numbers: new Map() }
  for (let index = 0; index < count; index += 1) {
    const key = await readName(window, 'a key')
    await window.fill(4)
    const type = window.u32()
    if (type === VALUE_STRING) {
      const length = await readLength(window)
      if (key.startsWith('general.') && length <= MAX_KEPT_TEXT_BYTES) {
        await window.fill(length)
        kept.texts.set(key, window.text(length))
      } else window.skip(length)
    } else if (type === VALUE_ARRAY) await skipArray(window)
    else await readScalar(window, type, key, kept)
  }
  return kept
}

async function readScalar(window: ByteWindow, type: number, key: string, kept: Kept): Promise<void> {
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw new Damaged(`a value has the unknown type ${type}`)
  await window.fill(bytes)
  if (type === 4 || type === 5) kept.numbers.set(key, window.u32())
  else if (type === 10 || type === 11) kept.numbers.set(key, window.u64())
  else if (type === 2 || type === 3) kept.numbers.set(key, window.u8() + 256 * window.u8())
  else window.skip(bytes)
}

async function skipArray(window: ByteWindow): Promise<void> {
  await window.fill(12)
  const type = window.u32()
  const count = window.u64()
  if (type === VALUE_STRING) {
    for (let index = 0; index < count; index += 1) {
      if (!window.has(8)) await window.fill(8)
      window.skip(window.u64())
    }
    return
  }
  const bytes = VALUE_BYTES[type]
  if (bytes === undefined) throw new Damaged(`a list holds values of the unknown type ${type}`)
  window.skip(count * bytes)
}

async function readTensorEnd(window: ByteWindow): Promise<number> {
  await readName(window, 'a tensor')
  await window.fill(4)
  const rank = window.u32()
  if (rank > MAX_DIMENSIONS) throw new Damaged(`a tensor has ${rank} dimensions`)
  await window.fill(rank * 8 + 12)
  const dimensions = Array.from({ length: rank }, () => window.u64())
  const type = window.u32()
  const offset = window.u64()
  const end = offset + (tensorBytes(type, dimensions) ?? 0)
  if (!Number.isSafeInteger(end)) throw new Damaged('a tensor is impossibly large')
  return end
}

async function readName(window: ByteWindow, what: string): Promise<string> {
  const length = await readLength(window)
  if (length > MAX_NAME_BYTES) throw new Damaged(`${what} has a name of ${length} bytes`)
  if (!window.has(length)) await window.fill(length)
  return window.text(length)
}

async function readLength(window: ByteWindow): Promise<number> {
  if (!window.has(8)) await window.fill(8)
  return window.u64()
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
