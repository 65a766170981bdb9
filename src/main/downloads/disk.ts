import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ContractError } from '../../shared/contract/errors.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'

/** Left free beside a download: a full disk breaks more than the download. */
export const SPARE_BYTES = 1024 ** 3

/** Free for this user on the disk that a folder is or would be on; null where nothing says. */
export async function freeBytes(folder: string): Promise<number | null> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await statfs(path).catch(() => null)
    if (found !== null) return found.bavail * found.bsize
    if (path === dirname(path)) return null
  }
}

/** Why so much does not fit there; null: it does. */
export function diskProblem(needBytes: number, free: number | null, folder: string): ContractError | null {
  if (needBytes === 0 || free === null || free >= needBytes + SPARE_BYTES) return null
  const short = needBytes + SPARE_BYTES - free
  return {
    code: 'refused',
    message: `The download needs ${bytesInWords(needBytes)} and 1 GiB to spare; ${bytesInWords(free)} are free on the disk of ${folder}. Free ${bytesInWords(short)} there, or set HF_HUB_CACHE to a folder on another disk.`
  }
}
