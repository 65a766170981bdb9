import { constants, open, stat } from 'node:fs/promises'

/** Every GGUF file begins with these bytes; then come version and two counts. */
const MAGIC = 'GGUF'
const MIN_HEADER_BYTES = 24

export interface FileFacts {
  readonly sizeBytes: number
  /** The file itself, by whatever name: links to it have the same. */
  readonly identity: string
}

/**
 * Sizes of files, and whether one begins as a GGUF file does. What was read of a file is kept by path, size and time of
 * change, so that a second scan opens nothing.
 */
export interface FactsReader {
  /** Null: no regular file, or not to be seen. */
  facts(path: string): Promise<FileFacts | null>
  /** Null too where it is no GGUF file: a failed download is often a web page with the model's name. */
  ggufFacts(path: string): Promise<FileFacts | null>
  /** Forgets files that have not been asked for since the last call. */
  endScan(): void
}

export function createFactsReader(): FactsReader {
  let known = new Map<string, { readonly key: string; readonly isGguf: boolean }>()
  let seen: typeof known = new Map()
  const look = async (path: string) => {
    const found = await stat(path).catch(() => null)
    return found?.isFile() ? found : null
  }
  return {
    async facts(path) {
      const found = await look(path)
      return found && { sizeBytes: found.size, identity: `${found.dev}:${found.ino}` }
    },
    async ggufFacts(path) {
      const found = await look(path)
      if (found === null || found.size < MIN_HEADER_BYTES) return null
      const key = `${found.ino}:${found.size}:${found.mtimeMs}`
      const before = known.get(path)
      const isGguf = before?.key === key ? before.isGguf : await beginsAsGguf(path)
      seen.set(path, { key, isGguf })
      return isGguf ? { sizeBytes: found.size, identity: `${found.dev}:${found.ino}` } : null
    },
    endScan() {
      known = seen
      seen = new Map()
    }
  }
}

async function beginsAsGguf(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
      return buffer.toString('latin1', 0, bytesRead) === MAGIC
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}
