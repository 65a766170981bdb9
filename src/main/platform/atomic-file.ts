import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Only the user may read what Firebreak keeps: profiles hold paths, logs hold prompts. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

let serial = 0

/**
 * Replaces a file so that a reader, or a power cut, sees the old text or the new one and nothing between:
 * write beside it, fsync, rename, fsync the folder. Throws what the file system says.
 */
export function writeFileAtomic(path: string, text: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  serial += 1
  const beside = `${path}.${process.pid}.${serial}.tmp`
  try {
    const fd = openSync(beside, 'wx', FILE_MODE)
    try {
      writeSync(fd, text)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
  const folderFd = openSync(folder, 'r')
  try {
    fsyncSync(folderFd)
  } finally {
    closeSync(folderFd)
  }
}
