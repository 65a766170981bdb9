import { opendir, stat } from 'node:fs/promises'
import { ok, type Result } from '../../shared/util/result.ts'
import { ggufFolder, type GgufFolder } from './gguf/folder.ts'
import { readGgufHeader } from './gguf/header.ts'
import type { GgufHeader } from './gguf/parse-header.ts'
import { createKeeper } from './keeper.ts'
import type { ModelProblem } from './model-problem.ts'
import { withModelFile } from './open-model-file.ts'
import { parseSafetensorsHeader, type SafetensorsHeader } from './safetensors/header.ts'
import type { Fields } from './safetensors/json-fields.ts'
import { parseIndex } from './safetensors/index-file.ts'
import { readConfig } from './safetensors/json-files.ts'

/** Headers kept; one takes about 3 KiB. */
const MOST_HEADERS = 2_000
/** Configurations and indexes kept, and the longest configuration: real ones have some kilobytes. */
const MOST_TEXTS = 256
const MOST_KEPT_TEXT_BYTES = 65_536
/** Listings of folders kept, for finding what lies beside a model. */
const MOST_FOLDERS = 16
/** Files of one folder that are looked through for what lies beside a model. */
const MOST_NAMES = 20_000
/** A folder changed this lately may change once more within the same tick of the file system's clock. */
const SETTLED_MS = 2_000

/** What identifies a file's content without reading it. */
export interface FileState {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly inode: number
}

type Read<T> = (path: string) => Promise<Result<T, ModelProblem>>

/** Where facts are read from: files, or what was read of the same files before. */
export interface FactsSource {
  readonly gguf: Read<GgufHeader>
  readonly safetensors: Read<SafetensorsHeader>
  /** Of a JSON object. */
  readonly json: Read<Fields>
  /** Names of the files that an index of weights lists. */
  readonly index: Read<readonly string[]>
  readonly ggufFolder: (folder: string) => Promise<GgufFolder>
  /** Null: no regular file. */
  readonly state: (path: string) => Promise<FileState | null>
}

/**
 * Reads headers and keeps them by path, size, time of change and number of the file; the one unused for longest goes
 * first. Failures are not kept: a download may go on.
 */
export function createFactsSource(): FactsSource {
  const folders = createKeeper<GgufFolder>(MOST_FOLDERS)
  return {
    gguf: keeping(readGgufHeader, MOST_HEADERS),
    safetensors: keeping(readSafetensorsHeader, MOST_HEADERS),
    json: keeping(readConfig, MOST_TEXTS, MOST_KEPT_TEXT_BYTES),
    index: keeping(readIndex, MOST_TEXTS),
    async ggufFolder(folder) {
      const found = await stat(folder).catch(() => null)
      if (found === null) return ggufFolder([])
      const key = `${found.ino}:${found.mtimeMs}`
      const known = folders.get(folder, key)
      if (known !== undefined) return known
      const listed = ggufFolder(await namesIn(folder))
      if (Date.now() - found.mtimeMs > SETTLED_MS) folders.put(folder, key, listed)
      return listed
    },
    state: stateOf
  }
}

const readSafetensorsHeader: Read<SafetensorsHeader> = (path) =>
  withModelFile(path, '.safetensors', parseSafetensorsHeader)

const readIndex: Read<readonly string[]> = (path) =>
  withModelFile(path, '.safetensors.index.json', parseIndex)

/** The same reading, but of an unchanged file only once. */
function keeping<T>(read: Read<T>, most: number, mostBytes = Number.POSITIVE_INFINITY): Read<T> {
  const keeper = createKeeper<T>(most)
  return async (path) => {
    // Before reading: should the file change meanwhile, what was read of it is asked for no more.
    const state = await stateOf(path)
    const key = state === null ? '' : `${state.inode}:${state.sizeBytes}:${state.modifiedMs}`
    const known = state === null ? undefined : keeper.get(path, key)
    if (known !== undefined) return ok(known)
    const value = await read(path)
    if (value.ok && state !== null && state.sizeBytes <= mostBytes) keeper.put(path, key, value.value)
    return value
  }
}

async function stateOf(path: string): Promise<FileState | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ? { sizeBytes: found.size, modifiedMs: found.mtimeMs, inode: found.ino } : null
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = []
  try {
    for await (const { name } of await opendir(folder)) {
      if (names.push(name) >= MOST_NAMES) break
    }
  } catch {
    // What lies beside a model is an extra: without it the model is still known.
  }
  return names
}
