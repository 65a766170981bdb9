import { createHash, type Hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { sizeOf, type RepositoryFolder } from './cache-layout.ts'
import { refusal, throttleOf, type Asked } from './refusal.ts'
import type { HubFile } from './repository.ts'
import { asFailure, openUrl, RequestFailure } from './request.ts'
import type { Tries } from './tries.ts'

/** Written bytes that may wait for the disk: more would crowd a machine that is short of memory. */
const SYNC_EVERY_BYTES = 256 * 1024 ** 2
/** Read at once when what is there is checked: between two reads the event loop is free. */
const READ_BYTES = 1024 * 1024
/** As other tools write the cache: containers of other users read it too. */
const FILE_MODE = 0o644
const PARTIAL_CONTENT = 206
const RANGE_NOT_SATISFIABLE = 416

export interface FileFetch {
  readonly file: HubFile
  readonly url: URL
  readonly folder: RepositoryFolder
  readonly asked: Asked
  readonly tries: Tries
  readonly signal: AbortSignal
  /** Bytes of this file that are there now. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Fetches one file into the cache: goes on where an earlier fetch stopped, and gives it its name only when size and
 * checksum are those that the hub has named. What is interrupted stays under '.incomplete'.
 */
export async function fetchFile(fetch: FileFetch): Promise<Result<null, ContractError>> {
  const { file, folder, tries, signal } = fetch
  const path = folder.unfinished(file.etag)
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE)
  try {
    let had = (await handle.stat()).size
    if (had > file.sizeBytes) {
      await handle.truncate(0)
      had = 0
    }
    const progress = { hash: newHash(file), bytes: 0, mostBytes: 0 }
    await hashPrefix(handle, had, progress.hash, fetch)
    progress.bytes = had
    progress.mostBytes = had
    while (progress.bytes < file.sizeBytes) {
      const refused = await tries.run(
        signal,
        () => fetchRest(fetch, handle, progress),
        () => progress.mostBytes
      )
      if (refused !== null) return err(refused)
    }
    if (progress.hash.digest('hex') !== file.etag) {
      await rm(path, { force: true })
      return err({
        code: 'model-invalid',
        message: `${file.name} came with another checksum than the hub names; it was deleted. Download it again.`
      })
    }
    await handle.truncate(file.sizeBytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(path, folder.blob(file.etag))
  return (await sizeOf(folder.blob(file.etag))) === file.sizeBytes
    ? ok(null)
    : err({
        code: 'model-invalid',
        message: `${file.name} was changed by another program. Download it again.`
      })
}

interface Progress {
  hash: Hash
  /** Written and hashed. */
  bytes: number
  /** It ever was: a server that begins anew each time gains nothing. */
  mostBytes: number
}

/** One connection's worth; a refusal of the hub's, or null. Throws RequestFailure where it ends too soon. */
async function fetchRest(
  { file, url, asked, tries, signal, onBytes }: FileFetch,
  handle: FileHandle,
  progress: Progress
): Promise<ContractError | null> {
  const from = progress.bytes
  const { response, host, isOwn } = await openUrl(url, {
    token: asked.hub.token,
    signal,
    silenceMs: tries.silenceMs,
    env: asked.hub.env,
    // Compressed, the bytes would be other ones than those that were hashed.
    headers: { 'accept-encoding': 'identity', ...(from === 0 ? {} : { range: `bytes=${from}-` }) }
  })
  const throttle = throttleOf(response, host)
  if (throttle !== null) throw throttle
  const status = response.statusCode ?? 0
  const isRest = status === PARTIAL_CONTENT && beginsAt(response, from, file.sizeBytes)
  if (status === RANGE_NOT_SATISFIABLE || status === 200 || (status === PARTIAL_CONTENT && !isRest)) {
    // The server does not go on where we stopped.
    await handle.truncate(0)
    progress.hash = newHash(file)
    progress.bytes = 0
  } else if (!isRest) {
    response.destroy()
    if (isOwn) return refusal(response, asked)
    // The store's address was signed for a short time: the hub gives a new one.
    throw new RequestFailure(`${host}, where the hub sends to, refuses with status ${status}.`, true)
  }
  if (status !== 200 && !isRest) {
    response.destroy()
    throw new RequestFailure(`${host} does not go on with ${file.name} where it stopped.`, true)
  }
  await writeAll(response, file, handle, progress, onBytes, host)
  return null
}

async function writeAll(
  response: IncomingMessage,
  file: HubFile,
  handle: FileHandle,
  progress: Progress,
  onBytes: (bytes: number) => void,
  host: string
): Promise<void> {
  let unsynced = 0
  for await (const chunk of guarded(response, host)) {
    if (progress.bytes + chunk.length > file.sizeBytes) {
      response.destroy()
      throw new RequestFailure(`${host} sends more of ${file.name} than the hub names.`, false)
    }
    await writeChunk(handle, chunk, progress.bytes)
    progress.hash.update(chunk)
    progress.bytes += chunk.length
    progress.mostBytes = Math.max(progress.mostBytes, progress.bytes)
    unsynced += chunk.length
    onBytes(progress.bytes)
    if (unsynced < SYNC_EVERY_BYTES) continue
    unsynced = 0
    await handle.datasync()
  }
  if (progress.bytes < file.sizeBytes)
    throw new RequestFailure(`The connection to ${host} broke off in ${file.name}.`, true)
}

/** One write may take less than it is given: a disk that fills up says so only at the next. */
async function writeChunk(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, position + at)
    at += bytesWritten
  }
}

/** A failure of the wire is told from one of the disk's. */
async function* guarded(response: IncomingMessage, host: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    throw asFailure(error, host)
  }
}

/** 'bytes 100-199/200' */
function beginsAt(response: IncomingMessage, from: number, sizeBytes: number): boolean {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '')
  return match !== null && Number(match[1]) === from && (match[2] === '*' || Number(match[2]) === sizeBytes)
}

/** Git numbers a file by its size and bytes; large files are named by their bytes alone. */
function newHash({ hash, sizeBytes }: HubFile): Hash {
  return hash === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${sizeBytes}\0`)
}

/** What an earlier fetch left is read once more: only so can all of it be checked at the end. */
async function hashPrefix(
  handle: FileHandle,
  bytes: number,
  hash: Hash,
  { signal, onBytes }: FileFetch
): Promise<void> {
  const buffer = Buffer.alloc(Math.min(READ_BYTES, bytes))
  for (let at = 0; at < bytes;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
    onBytes(at)
  }
}
