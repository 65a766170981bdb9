import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'

/** Configuration of the system: root writes, everybody reads. */
const FILE_MODE = 0o644
const FOLDER_MODE = 0o755

export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Replaces the file whole, or not at all. Throws what the file system says. */
export function writeSystemFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const beside = `${path}.${process.pid}.new`
  try {
    const fd = openSync(beside, 'wx', FILE_MODE)
    try {
      fchmodSync(fd, FILE_MODE)
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
}

/** Deletes the file and, where nothing else is in it, its folder. Throws what the file system says. */
export function removeSystemFile(path: string): void {
  rmSync(path, { force: true })
  try {
    rmdirSync(dirname(path))
  } catch {
    // Somebody else's drop-ins are in it, or it was never there.
  }
}
