import type { FileHandle } from 'node:fs/promises'

/** Read at a time: large enough for few calls, small enough to cost nothing beside a core of 90 MiB. */
const CHUNK_BYTES = 262_144

/** What ended reading before the header did; thrown inside the reader only, and turned into a Result there. */
export class HeaderEnd extends Error {
  readonly reason: 'truncated' | 'too-large'
  constructor(reason: 'truncated' | 'too-large') {
    super(reason)
    this.reason = reason
  }
}

/**
 * A forward-only view of a file's start: values are taken from a chunk in memory, a refill is awaited only when it
 * is used up, and what is skipped is never read.
 */
export class ByteWindow {
  readonly #file: FileHandle
  readonly #fileBytes: number
  readonly #maxBytes: number
  #chunk = Buffer.alloc(0)
  #chunkStart = 0
  #at = 0

  constructor(file: FileHandle, fileBytes: number, maxBytes: number) {
    this.#file = file
    this.#fileBytes = fileBytes
    this.#maxBytes = maxBytes
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#chunkStart + this.#at
  }

  /** True when `bytes` more can be taken without awaiting `fill`. */
  has(bytes: number): boolean {
    return this.#chunk.length - this.#at >= bytes
  }

  /** Makes at least `bytes` available; throws HeaderEnd at the end of the file or of the allowance. */
  async fill(bytes: number): Promise<void> {
    this.#check(bytes)
    if (this.has(bytes)) return
    const start = this.position
    const want = Math.min(Math.max(bytes, CHUNK_BYTES), this.#fileBytes - start)
    const next = Buffer.allocUnsafe(want)
    let got = 0
    while (got < want) {
      const { bytesRead } = await this.#file.read(next, got, want - got, start + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    if (got < bytes) throw new HeaderEnd('truncated')
    this.#chunk = next.subarray(0, got)
    this.#chunkStart = start
    this.#at = 0
  }

  u8(): number {
    this.#at += 1
    return this.#chunk.readUInt8(this.#at - 1)
  }

  u32(): number {
    this.#at += 4
    return this.#chunk.readUInt32LE(this.#at - 4)
  }

  /** A u64 as a number; beyond 2^53 it is no longer exact, and larger than any file. */
  u64(): number {
    this.#at += 8
    return Number(this.#chunk.readBigUInt64LE(this.#at - 8))
  }

  text(bytes: number): string {
    this.#at += bytes
    return this.#chunk.toString('utf8', this.#at - bytes, this.#at)
  }

  skip(bytes: number): void {
    this.#check(bytes)
    if (this.has(bytes)) {
      this.#at += bytes
      return
    }
    this.#chunkStart = this.position + bytes
    this.#chunk = Buffer.alloc(0)
    this.#at = 0
  }

  #check(bytes: number): void {
    const end = this.position + bytes
    if (end > this.#fileBytes) throw new HeaderEnd('truncated')
    if (end > this.#maxBytes) throw new HeaderEnd('too-large')
  }
}
