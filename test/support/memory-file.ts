/** Bytes read as a file is, with what was asked of them counted. */
export interface MemoryFile {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number
  ): Promise<{ readonly bytesRead: number }>
  /** Handed over so far, all reads together. */
  readonly readBytes: number
}

/** Behind `content` come zeros up to `fileBytes`. */
export function memoryFile(content: Uint8Array, fileBytes = content.length): MemoryFile {
  let readBytes = 0
  return {
    read: async (buffer, offset, length, position) => {
      const bytesRead = Math.max(0, Math.min(length, fileBytes - position))
      const target = buffer.subarray(offset, offset + bytesRead)
      target.fill(0)
      target.set(content.subarray(position, position + bytesRead))
      readBytes += bytesRead
      return { bytesRead }
    },
    get readBytes() {
      return readBytes
    }
  }
}
