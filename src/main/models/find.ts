import { constants, open, opendir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { parseSplitName, splitPartPaths } from './split-name.ts'

/** Deep enough for huggingface/hub/models--x/snapshots/<commit>/<quant>/file below its own root. */
const MAX_DEPTH = 6
/** A folder given by mistake ('/') must end, too. */
const MAX_ENTRIES = 50_000
const MAX_MODELS = 2_000
/** Folders that hold no models of their own: hidden ones, and the hub's content-addressed store. */
const SKIPPED_FOLDERS = new Set(['blobs', 'refs', 'node_modules', '.git', '.locks', '.no_exist'])

/** Every GGUF file begins with these bytes; then come version and two counts. */
const MAGIC = 'GGUF'
const MIN_HEADER_BYTES = 24

export interface FoundModel {
  readonly path: string
  readonly label: string
  readonly sizeBytes: number
}

export interface FoundModels {
  readonly models: readonly FoundModel[]
  /** Folders that exist and were looked into. */
  readonly searched: readonly string[]
}

/** Where llama.cpp, Hugging Face tools and LM Studio keep downloads, then the user's own folders. */
export function usualModelFolders(homeDir: string): readonly string[] {
  return [
    join(homeDir, 'models'),
    join(homeDir, '.cache', 'llama.cpp'),
    join(homeDir, '.cache', 'huggingface', 'hub'),
    join(homeDir, '.lmstudio', 'models'),
    join(homeDir, '.cache', 'lm-studio', 'models')
  ]
}

/**
 * Finds GGUF models: split ones once, by their first part and with the size of all; vision projectors (mmproj) are
 * no models of their own. Only names, sizes and the first bytes are read. Bounded in depth and count; each step awaits, so the
 * caller's event loop stays free.
 */
export async function findModels(options: {
  readonly homeDir: string
  readonly folders: readonly string[]
}): Promise<FoundModels> {
  const roots = new Set([
    ...usualModelFolders(options.homeDir),
    ...options.folders.map((folder) => resolve(options.homeDir, expandHome(folder, options.homeDir)))
  ])
  const search: Search = { files: [], visited: new Set(), entries: 0 }
  const searched: string[] = []
  for (const root of roots) {
    if (await isFolder(root)) {
      searched.push(root)
      await walk(root, 0, search)
    }
  }
  const models: FoundModel[] = []
  const seen = new Set<string>()
  for (const path of search.files) {
    if (models.length >= MAX_MODELS) break
    const real = await realpath(path).catch(() => path)
    if (seen.has(real)) continue
    seen.add(real)
    const model = await describe(path)
    if (model !== null) models.push(model)
  }
  models.sort((a, b) => a.label.localeCompare(b.label) || a.path.localeCompare(b.path))
  return { models, searched }
}

interface Search {
  readonly files: string[]
  /** Real paths of folders, against loops of symbolic links and roots inside one another. */
  readonly visited: Set<string>
  entries: number
}

async function walk(folder: string, depth: number, search: Search): Promise<void> {
  const real = await realpath(folder).catch(() => null)
  if (real === null || search.visited.has(real)) return
  search.visited.add(real)
  const below: string[] = []
  try {
    for await (const entry of await opendir(folder)) {
      search.entries += 1
      if (search.entries > MAX_ENTRIES) return
      const path = join(folder, entry.name)
      if (isModelName(entry.name)) search.files.push(path)
      else if (SKIPPED_FOLDERS.has(entry.name)) continue
      else if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path)))) below.push(path)
    }
  } catch {
    return // not readable, or gone meanwhile: nothing to offer from there
  }
  if (depth >= MAX_DEPTH) return
  for (const path of below) await walk(path, depth + 1, search)
}

function isModelName(name: string): boolean {
  const lower = name.toLowerCase()
  if (!lower.endsWith('.gguf') || lower.includes('mmproj')) return false
  const split = parseSplitName(name)
  return split === null || split.part === 1
}

async function describe(path: string): Promise<FoundModel | null> {
  const first = await sizeOf(path)
  if (first === null || first < MIN_HEADER_BYTES || !(await beginsAsGguf(path))) return null
  const split = parseSplitName(path)
  let sizeBytes = first
  const parts = split === null ? [] : splitPartPaths(split).slice(1)
  for (const part of parts) sizeBytes += (await sizeOf(part)) ?? 0
  const stem = split === null ? path.replace(/\.gguf$/i, '') : split.stem
  return { path, label: basename(stem) || basename(dirname(path)), sizeBytes }
}

/** A failed download is often a web page with the model's name. */
async function beginsAsGguf(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
      return buffer.toString('latin1', 0, bytesRead) === MAGIC
    } finally {
      await file.close()
    }
  } catch {
    return false
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ? found.size : null
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found?.isDirectory() ?? false
}

function expandHome(path: string, homeDir: string): string {
  return path === '~' || path.startsWith('~/') ? join(homeDir, path.slice(1)) : path
}
