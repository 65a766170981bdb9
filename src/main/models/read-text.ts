import { constants, open } from 'node:fs/promises'

/** A regular file's text; null where it cannot be read or is longer than `mostBytes`. Never waits on a pipe. */
export const readTextUpTo = async (path: string, mostBytes: number): Promise<string | null> =>
  (await readBytesUpTo(path, mostBytes))?.toString('utf8') ?? null

/** The same as it is on the disk. */
export async function readBytesUpTo(path: string, mostBytes: number): Promise<Buffer | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await file.stat()
      if (size > mostBytes) return null
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}
