import { mkdir } from 'node:fs/promises'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { ModelSource } from '../../shared/model/playbook.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import {
  linkIntoSnapshot,
  repositoryFolder,
  sizeOf,
  writeReference,
  type RepositoryFolder
} from './cache-layout.ts'
import { diskProblem, freeBytes } from './disk.ts'
import { isPlainPath } from './file-names.ts'
import { fetchFile } from './fetch-file.ts'
import { hubFrom, hubUrl } from './hub.ts'
import { listFiles, type HubFile } from './repository.ts'
import { RequestFailure } from './request.ts'
import { createTries, type Tries } from './tries.ts'

export interface DownloadPorts {
  readonly homeDir: string
  /** HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, HF_TOKEN, HF_TOKEN_PATH. */
  readonly env: NodeJS.ProcessEnv
  readonly tries?: Tries
  /** Free on the disk of a folder; null where nothing says. */
  readonly freeBytes?: (folder: string) => Promise<number | null>
}

export interface DownloadProgress {
  readonly doneBytes: number
  readonly totalBytes: number
  readonly text: string
}

interface Missing {
  readonly file: HubFile
  readonly haveBytes: number
  readonly isWhole: boolean
}

/**
 * Fetches a model from Hugging Face into its cache, where every runner finds it. Goes on where an earlier download
 * stopped; nothing gets its name before it is whole. Rejects only with the signal's reason.
 */
export async function downloadModel(
  ports: DownloadPorts,
  source: ModelSource,
  signal: AbortSignal,
  report: (progress: DownloadProgress) => void
): Promise<Result<string, ContractError>> {
  try {
    return await download(ports, source, signal, report)
  } catch (error) {
    signal.throwIfAborted()
    return err(asContractError(error, source.repository))
  }
}

async function download(
  ports: DownloadPorts,
  source: ModelSource,
  signal: AbortSignal,
  report: (progress: DownloadProgress) => void
): Promise<Result<string, ContractError>> {
  const tries = ports.tries ?? createTries()
  const hub = await hubFrom(ports.homeDir, ports.env)
  if (hub === null)
    return err({
      code: 'settings-invalid',
      message: 'HF_ENDPOINT is no address. Write https://… or unset it.'
    })
  // In an address and in a folder's name '..' would lead elsewhere.
  if (!isPlainPath(source.repository) || !isPlainPath(source.revision))
    return err({
      code: 'bad-request',
      message: 'Name a repository as owner/name, and a branch, tag or commit.'
    })
  const listed = await listFiles(hub, source, tries, signal)
  if (!listed.ok) return listed
  const { commit, files } = listed.value
  const folder = repositoryFolder(hub.cacheFolder, source.repository)
  const states = await Promise.all(files.map((file) => stateOf(folder, commit, file)))
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const needBytes = states.reduce((sum, { file, haveBytes }) => sum + file.sizeBytes - haveBytes, 0)
  const problem = diskProblem(
    needBytes,
    await (ports.freeBytes ?? freeBytes)(hub.cacheFolder),
    hub.cacheFolder
  )
  if (problem !== null) return err(problem)

  await mkdir(folder.blob(''), { recursive: true })
  let doneBytes = 0
  let number = 0
  for (const { file, isWhole } of states) {
    signal.throwIfAborted()
    number += 1
    const text = `Fetching ${file.name}, file ${number} of ${files.length}.`
    if (!isWhole) {
      const { name, etag } = file
      // Two names may stand for the same bytes.
      if ((await sizeOf(folder.blob(etag))) !== file.sizeBytes) {
        const before = doneBytes
        const fetched = await fetchFile({
          file,
          url: hubUrl(hub, ...source.repository.split('/'), 'resolve', commit, ...name.split('/')),
          folder,
          asked: { ...source, hub, file: name },
          tries,
          signal,
          onBytes: (bytes) => report({ doneBytes: before + bytes, totalBytes, text })
        })
        if (!fetched.ok) return fetched
      }
      await linkIntoSnapshot(folder, commit, name, etag)
    }
    doneBytes += file.sizeBytes
    report({ doneBytes, totalBytes, text })
  }
  await writeReference(folder, source.revision, commit)
  const count = files.length === 1 ? '1 file' : `${files.length} files`
  return ok(`${source.repository} is here: ${count}, ${bytesInWords(totalBytes)}.`)
}

async function stateOf(folder: RepositoryFolder, commit: string, file: HubFile): Promise<Missing> {
  const { name, etag, sizeBytes } = file
  if ((await sizeOf(folder.snapshotFile(commit, name))) === sizeBytes)
    return { file, haveBytes: sizeBytes, isWhole: true }
  if ((await sizeOf(folder.blob(etag))) === sizeBytes) return { file, haveBytes: sizeBytes, isWhole: false }
  const begun = (await sizeOf(folder.unfinished(etag))) ?? 0
  return { file, haveBytes: begun <= sizeBytes ? begun : 0, isWhole: false }
}

/** What no check foresaw: the wire's last word, or the disk's. */
function asContractError(error: unknown, repository: string): ContractError {
  if (error instanceof RequestFailure)
    return {
      code: 'timeout',
      message: `${error.message} What is here of ${repository} is kept: start the download again to go on.`
    }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { code: 'refused', message: 'The disk is full. Free some space, then download again: it goes on.' }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return {
      code: 'refused',
      message: `The cache may not be written (${code}). See who owns it; a container may have made it as root.`
    }
  return { code: 'internal', message: `The download of ${repository} failed: ${String(error)}` }
}
