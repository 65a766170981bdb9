import { opendir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** Deep enough for maker/model/variant/quantisation/file, and for a snapshot's own folders. */
const MAX_DEPTH = 6
/** A folder given by mistake ('/') must end, too. */
const MAX_ENTRIES = 100_000
/** Entries that one read of a folder hands over; between two reads the event loop is free. */
const ENTRIES_AT_ONCE = 128
/** Content of a hub's cache under another name, and folders with many files and no models. */
const SKIPPED_FOLDERS = new Set(['blobs', 'refs', 'node_modules', '__pycache__'])
/** How Hugging Face's cache names the folder of one repository. */
const HUB_REPOSITORY = /^models--/
const HUB_OTHER = /^(?:datasets|spaces)--/

/** One folder with the names in it. */
export interface Listing {
  readonly folder: string
  /** Files and links to files, or links to nothing. */
  readonly names: readonly string[]
  readonly parent: Listing | null
}

/** What one scan has looked at so far; several walks share it. */
export interface WalkState {
  /** Folders by device and number, against loops of links and roots inside one another. */
  readonly visited: Set<string>
  /** Every folder looked into: what a watcher watches. */
  readonly folders: string[]
  readonly skipped: string[]
  entries: number
}

export const newWalk = (): WalkState => ({ visited: new Set(), folders: [], skipped: [], entries: 0 })

export interface Walked {
  /** Parents before children. */
  readonly listings: readonly Listing[]
  /** Folders of repositories in Hugging Face's layout, not looked into. */
  readonly hubRepositories: readonly string[]
}

/** Lists a folder and what is below it. Bounded in depth and count; hidden folders are left out. */
export async function walk(root: string, state: WalkState): Promise<Walked> {
  const listings: Listing[] = []
  const hubRepositories: string[] = []
  const waiting: { readonly folder: string; readonly parent: Listing | null; readonly depth: number }[] = [
    { folder: root, parent: null, depth: 0 }
  ]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { folder, parent, depth } = next
    const read = await readFolder(folder, state)
    if (read === null) continue
    const listing = { folder, names: read.names, parent }
    listings.push(listing)
    for (const name of read.folders) {
      const below = join(folder, name)
      if (HUB_REPOSITORY.test(name)) hubRepositories.push(below)
      else if (depth < MAX_DEPTH) waiting.push({ folder: below, parent: listing, depth: depth + 1 })
    }
  }
  return { listings, hubRepositories }
}

/** Names in a folder, apart by kind; null where it cannot be read, was looked into before, or is one too many. */
export async function readFolder(
  folder: string,
  state: WalkState
): Promise<{ readonly names: readonly string[]; readonly folders: readonly string[] } | null> {
  const names: string[] = []
  const folders: string[] = []
  try {
    const { dev, ino } = await stat(folder)
    const identity = `${dev}:${ino}`
    if (state.visited.has(identity)) return null
    state.visited.add(identity)
    for await (const entry of await opendir(folder, { bufferSize: ENTRIES_AT_ONCE })) {
      state.entries += 1
      if (state.entries > MAX_ENTRIES) {
        if (state.entries === MAX_ENTRIES + 1)
          state.skipped.push(`${folder}: there are more than ${MAX_ENTRIES} files. Name a folder with fewer.`)
        break
      }
      const { name } = entry
      const isLink = entry.isSymbolicLink()
      if (entry.isDirectory() || (isLink && (await isFolder(join(folder, name))))) {
        if (isWorthALook(name)) folders.push(name)
      } else if (entry.isFile() || isLink) names.push(name)
    }
  } catch (error) {
    const why = refusal(error)
    if (why !== null) state.skipped.push(`${folder}: ${why}`)
    return null
  }
  state.folders.push(folder)
  return { names, folders }
}

const isWorthALook = (name: string): boolean =>
  !name.startsWith('.') && !SKIPPED_FOLDERS.has(name) && !HUB_OTHER.test(name)

/** In words; null for a folder that is simply not there. */
function refusal(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  if (code === 'EACCES' || code === 'EPERM') return 'you may not read it.'
  return `it cannot be read (${code || 'unknown error'}).`
}

/** Names of weights and of what describes them: links of these names are not asked whether they are folders. */
const FILE_NAME = /\.(?:gguf|safetensors|json|txt|model|bin|md)$/i

async function isFolder(path: string): Promise<boolean> {
  if (FILE_NAME.test(basename(path))) return false
  const found = await stat(path).catch(() => null)
  return found?.isDirectory() ?? false
}
