import { opendir, stat } from 'node:fs/promises'
import type { Result } from '../../shared/util/result.ts'
import { ggufFolder, type GgufFolder } from './gguf/folder.ts'
import { parseGgufHeader, type GgufHeader } from './gguf/parse-header.ts'
import type { ModelProblem } from './model-problem.ts'
import { withModelFile, type FileState } from './open-model-file.ts'
import { parseSafetensorsHeader, type SafetensorsHeader } from './safetensors/header.ts'

/** Headers kept; one takes 3 to 6 KB, so that all of them take less than 12 MB. */
const MOST_HEADERS = 2_000
/** Listings of folders kept, for finding what lies beside a model. */
const MOST_FOLDERS = 16
/** Files of one folder that are looked through for what lies beside a model. */
const MOST_NAMES = 20_000
/** A folder changed this lately may change once more within the same tick of the file system's clock. */
const SETTLED_MS = 2_000

/** Where facts are read from: files, or what was read of the same files before. */
export interface FactsSource {
  gguf(path: string): Promise<Result<GgufHeader, ModelProblem>>
  safetensors(path: string): Promise<Result<SafetensorsHeader, ModelProblem>>
  ggufFolder(folder: string): Promise<GgufFolder>
  /** Null: no regular file. */
  state(path: string): Promise<FileState | null>
}

/**
 * Reads headers and keeps them by path, size, time of change and number of the file; the one unused for longest goes
 * first. Failures are not kept: a download may go on.
 */
export function createFactsSource(): FactsSource {
  const ggufs = createKeeper<GgufHeader>(MOST_HEADERS)
  const safetensors = createKeeper<SafetensorsHeader>(MOST_HEADERS)
  const folders = createKeeper<GgufFolder>(MOST_FOLDERS)

  async function read<T>(
    path: string,
    expected: '.gguf' | '.safetensors',
    keeper: Keeper<T>,
    parse: (file: Parameters<typeof parseGgufHeader>[0], fileBytes: number) => Promise<T>
  ): Promise<Result<T, ModelProblem>> {
    const found = await stateOf(path)
    const known = found === null ? undefined : keeper.get(path, keyOf(found))
    if (known !== undefined) return { ok: true, value: known }
    return withModelFile(path, expected, async (file, state) => {
      const value = await parse(file, state.sizeBytes)
      keeper.put(path, keyOf(state), value)
      return value
    })
  }

  return {
    gguf: (path) => read(path, '.gguf', ggufs, parseGgufHeader),
    safetensors: (path) => read(path, '.safetensors', safetensors, parseSafetensorsHeader),
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

const keyOf = ({ sizeBytes, modifiedMs, inode }: FileState): string => `${inode}:${sizeBytes}:${modifiedMs}`

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

interface Keeper<T> {
  get(path: string, key: string): T | undefined
  put(path: string, key: string, value: T): void
}

function createKeeper<T>(most: number): Keeper<T> {
  const kept = new Map<string, { readonly key: string; readonly value: T }>()
  return {
    get(path, key) {
      const found = kept.get(path)
      kept.delete(path)
      if (found?.key !== key) return undefined
      kept.set(path, found)
      return found.value
    },
    put(path, key, value) {
      kept.delete(path)
      kept.set(path, { key, value })
      const oldest = kept.size > most ? kept.keys().next() : null
      if (oldest?.done === false) kept.delete(oldest.value)
    }
  }
}
