import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Only the user may read what Firebreak keeps: profiles hold paths, logs hold prompts. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

let serial = 0
const besideOf = (path: string): string => {
  serial += 1
  return `${path}.${process.pid}.${serial}.tmp`
}

/**
 * Replaces a file so that a reader, or a power cut, sees the old text or the new one and nothing between:
 * write beside it, fsync, rename, fsync the folder. Throws what the file system says.
 */
export function writeFileAtomic(path: string, text: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  const beside = besideOf(path)
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

/** A write that goes on beside the caller. */
export interface WriteUnderWay {
  /** Rejects with what the file system says, or because it was cancelled. */
  readonly done: Promise<void>
  /** From its return on the file is not replaced any more: what the caller writes then stays. */
  cancel(): void
}

/** The same without holding up the caller: an fsync takes seconds on a machine that is short of memory. */
export function beginWriteFileAtomic(path: string, text: string): WriteUnderWay {
  const beside = besideOf(path)
  let isCancelled = false
  const stopIfCancelled = (): void => {
    if (isCancelled) throw new Error('the write was cancelled')
  }
  const write = async (): Promise<void> => {
    const folder = dirname(path)
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    try {
      stopIfCancelled()
      const file = await open(beside, 'wx', FILE_MODE)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      stopIfCancelled()
      await rename(beside, path)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
    const holder = await open(folder, 'r')
    try {
      await holder.sync()
    } finally {
      await holder.close()
    }
  }
  return {
    done: write(),
    cancel() {
      isCancelled = true
      // Without it a rename that is already under way has nothing to rename.
      rmSync(beside, { force: true })
    }
  }
}
