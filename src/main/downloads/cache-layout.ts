import { mkdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { beginWriteFileAtomic } from '../platform/atomic-file.ts'
import { isPlainPath } from './file-names.ts'

/** The folder of one repository in Hugging Face's cache, as its documentation lays it out. */
export interface RepositoryFolder {
  readonly folder: string
  blob(etag: string): string
  /** Where a fetch that has not ended keeps its bytes; it goes on there. */
  unfinished(etag: string): string
  snapshotFile(commit: string, name: string): string
}

/** `repository` is 'owner/name', checked by the contract. */
export function repositoryFolder(cacheFolder: string, repository: string): RepositoryFolder {
  const folder = join(cacheFolder, `models--${repository.replaceAll('/', '--')}`)
  return {
    folder,
    blob: (etag) => join(folder, 'blobs', etag),
    unfinished: (etag) => join(folder, 'blobs', `${etag}.incomplete`),
    snapshotFile: (commit, name) => join(folder, 'snapshots', commit, name)
  }
}

/** Bytes of a regular file, links followed; null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ? found.size : null
}

let serial = 0

/** Lets a snapshot's name point to a whole blob, in one step. On a file system without links the blob itself moves. */
export async function linkIntoSnapshot(
  folder: RepositoryFolder,
  commit: string,
  name: string,
  etag: string
): Promise<void> {
  const path = folder.snapshotFile(commit, name)
  await mkdir(dirname(path), { recursive: true })
  // A folder of that name that is a link leads out of the cache.
  const [own, real] = [await realpath(folder.folder), await realpath(dirname(path))]
  if (!`${real}${sep}`.startsWith(`${own}${sep}`))
    throw new Error(`${dirname(path)} lies outside of ${folder.folder}`)
  serial += 1
  const beside = `${path}.${process.pid}.${serial}.tmp`
  try {
    await symlink(relative(dirname(path), folder.blob(etag)), beside)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    await rename(folder.blob(etag), path)
    return
  }
  try {
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** Notes which commit a branch stands for; a revision that is the commit itself needs no note. */
export async function writeReference(
  folder: RepositoryFolder,
  revision: string,
  commit: string
): Promise<void> {
  if (revision === commit || !isPlainPath(revision)) return
  const path = join(folder.folder, 'refs', revision)
  const before = await readFile(path, 'utf8').catch(() => null)
  if (before?.trim() !== commit) await beginWriteFileAtomic(path, commit).done
}
