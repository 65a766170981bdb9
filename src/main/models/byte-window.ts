import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { damaged, Refusal } from './model-problem.ts'

/** Read at a time: large enough for few calls, small enough to cost nothing beside a core of 90 MiB. */
export const CHUNK_BYTES = 262_144
const LENGTH_BYTES = 8
const TWO_TO_32 = 4_294_967_296

/** As much of an open file as is needed here. */
export interface ReadableFile {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number
  ): Promise<{ readonly bytesRead: number }>
}

/**
 * A forward-only view of a file's start: values are taken from a chunk in memory, a refill is awaited only when it
 * is used up, and what is skipped is never read. One chunk is all the memory it takes.
 */
export class ByteWindow {
  readonly #file: ReadableFile
  readonly #fileBytes: number
  readonly #maxBytes: number
  readonly #buffer: Buffer
  readonly #view: DataView
  #chunkStart = 0
  #end = 0
  #at = 0

  constructor(file: ReadableFile, fileBytes: number, maxBytes: number) {
    this.#file = file
    this.#fileBytes = fileBytes
    this.#maxBytes = maxBytes
    // Not from the pool of small buffers, which one view would keep whole.
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, fileBytes))
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength)
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#chunkStart + this.#at
  }

  /** True when `bytes` more can be taken without awaiting `fill`. */
  has(bytes: number): boolean {
    return this.#end - this.#at >= bytes
  }

  /** What can be taken without awaiting `fill`; overwritten by the next one. */
  get rest(): Buffer {
    return this.#buffer.subarray(this.#at, this.#end)
  }

  /** Makes at least `bytes` available, one chunk at most; refuses at the end of the file or of the allowance. */
  async fill(bytes: number): Promise<void> {
    if (this.has(bytes)) return
    this.#check(bytes)
    const start = this.position
    const want = Math.min(this.#buffer.length, this.#fileBytes - start, this.#maxBytes - start)
    let got = 0
    while (got < want) {
      const { bytesRead } = await this.#file.read(this.#buffer, got, want - got, start + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    if (got < bytes) throw this.#truncated()
    this.#chunkStart = start
    this.#end = got
    this.#at = 0
  }

  u8(): number {
    this.#at += 1
    return this.#view.getUint8(this.#at - 1)
  }

  i8(): number {
    this.#at += 1
    return this.#view.getInt8(this.#at - 1)
  }

  u16(): number {
    this.#at += 2
    return this.#view.getUint16(this.#at - 2, true)
  }

  i16(): number {
    this.#at += 2
    return this.#view.getInt16(this.#at - 2, true)
  }

  u32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  i32(): number {
    this.#at += 4
    return this.#view.getInt32(this.#at - 4, true)
  }

  f32(): number {
    this.#at += 4
    return this.#view.getFloat32(this.#at - 4, true)
  }

  f64(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  /** A u64 as a number; beyond 2^53 it is no longer exact, and larger than any file. */
  u64(): number {
    const low = this.u32()
    return low + this.u32() * TWO_TO_32
  }

  i64(): number {
    const low = this.u32()
    return low + this.i32() * TWO_TO_32
  }

  text(bytes: number): string {
    this.#at += bytes
    return this.#buffer.toString('utf8', this.#at - bytes, this.#at)
  }

  skip(bytes: number): void {
    if (this.has(bytes)) {
      this.#at += bytes
      return
    }
    this.#check(bytes)
    this.#chunkStart = this.position + bytes
    this.#end = 0
    this.#at = 0
  }

  /** Passes over texts, each behind its length, as long as they lie wholly in memory; returns how many. */
  passTexts(most: number): number {
    const end = this.#end
    let at = this.#at
    let passed = 0
    while (passed < most && end - at >= LENGTH_BYTES) {
      const length = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_TO_32
      if (length > end - at - LENGTH_BYTES) break
      at += LENGTH_BYTES + length
      passed += 1
    }
    this.#at = at
    return passed
  }

  #check(bytes: number): void {
    const end = this.position + bytes
    if (end > this.#fileBytes) throw this.#truncated()
    if (end > this.#maxBytes) throw damaged(`its header goes on past ${bytesInWords(this.#maxBytes)}`)
  }

  #truncated(): Refusal {
    const have = bytesInWords(this.#fileBytes)
    return new Refusal(
      'truncated',
      `is incomplete: it ends inside its header, after ${have}. Download it again.`
    )
  }
}
