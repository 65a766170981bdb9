import { stat } from 'node:fs/promises'
import type { FactsReader } from './file-facts.ts'
import { modelsOf, type Described } from './folder-models.ts'
import { readHubRepository, type HubRepository } from './hub-repository.ts'
import { ollamaModels } from './ollama-store.ts'
import { sortGently } from './sort-gently.ts'
import { storeRoots } from './stores.ts'
import type { FoundModels, ModelOnDisk, ModelPlaces, ModelStore } from './types.ts'
import { newWalk, walk, type WalkState } from './walk.ts'

/** More are no list for people; each costs 300 bytes on every wire. */
const MAX_MODELS = 5_000

export interface Scan extends FoundModels {
  /** Every folder looked into. */
  readonly folders: readonly string[]
}

/**
 * Finds every model on this machine: whole and partial ones, each once. Only names, sizes and the first bytes of files
 * are read. Bounded in depth and count; each step awaits, so that the caller's event loop stays free.
 */
export async function scanModels(places: ModelPlaces, facts: FactsReader): Promise<Scan> {
  const state = newWalk()
  const searched: string[] = []
  const found: Described[] = []
  for (const { folder, store } of await storeRoots(places)) {
    if (!(await isFolder(folder, state))) continue
    searched.push(folder)
    if (store === 'ollama') {
      const models = await ollamaModels(folder, state, facts)
      found.push(...models.map((model) => ({ model, identity: `ollama ${model.path}` })))
    } else found.push(...(await modelsBelow(folder, store, state, facts)))
  }
  facts.endScan()
  const seen = new Set<string>()
  const once: ModelOnDisk[] = []
  for (const { identity, model } of found) {
    if (!seen.has(identity)) once.push(model)
    seen.add(identity)
  }
  // By name as people read it, then by path.
  const models = await sortGently(once, ({ label, path }) => `${label.toLowerCase()}\0${path}`)
  const skipped = [...state.skipped]
  if (models.length > MAX_MODELS)
    skipped.push(`${models.length} models were found; the first ${MAX_MODELS} are listed.`)
  return { models: models.slice(0, MAX_MODELS), searched, skipped, folders: state.folders }
}

async function modelsBelow(
  root: string,
  store: ModelStore,
  state: WalkState,
  facts: FactsReader
): Promise<readonly Described[]> {
  const { listings, hubRepositories } = await walk(root, state)
  const found = [...(await modelsOf(listings, { store, repository: null, isMain: false, root }, facts))]
  for (const folder of hubRepositories) {
    const repository = await readHubRepository(folder, state, facts)
    const own: Described[] = []
    for (const snapshot of repository.snapshots) {
      const walked = await walk(snapshot.folder, state)
      const origin = {
        store: 'huggingface' as const,
        repository: repository.name,
        isMain: snapshot.isMain && store === 'huggingface',
        root: snapshot.folder
      }
      own.push(...(await modelsOf(walked.listings, origin, facts)))
    }
    found.push(...own)
    if (repository.unfinished.files > 0 && !own.some(({ model }) => model.isPartial))
      found.push({ model: unfinishedModel(folder, repository), identity: folder })
  }
  return found
}

/** A fetch of which nothing but bytes is there yet: its name is the repository's. */
const unfinishedModel = (folder: string, { name, unfinished }: HubRepository): ModelOnDisk => ({
  path: folder,
  label: name.slice(name.indexOf('/') + 1),
  sizeBytes: unfinished.bytes,
  format: /gguf/i.test(name) ? 'gguf' : 'safetensors',
  store: 'huggingface',
  repository: name,
  mmprojPath: null,
  parts: unfinished.files,
  isPartial: true
})

async function isFolder(path: string, state: WalkState): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EACCES' || code === 'EPERM') state.skipped.push(`${path}: you may not read it.`)
    return false
  }
}
