import { basename, dirname, join } from 'node:path'
import type { FactsReader } from './file-facts.ts'
import { groupGgufNames, projectorFinder, type GgufNames } from './gguf-names.ts'
import { readTextUpTo } from './read-text.ts'
import { safetensorsNames } from './safetensors-names.ts'
import type { ModelOnDisk, ModelStore } from './types.ts'
import type { Listing } from './walk.ts'

/** Files asked about at the same time: as many as the thread pool takes, and some to wait. */
const AT_ONCE = 16
/** The largest index known, of 163 shards, has 9 MiB. */
const INDEX_BYTES = 32 * 1024 * 1024

/** Where listings come from, for what is said of their models. */
export interface Origin {
  readonly store: ModelStore
  /** 'owner/name' where it is known for all of it. */
  readonly repository: string | null
  /** The repository's name alone stands for this root: what a profile takes instead of a path. */
  readonly isMain: boolean
  readonly root: string
}

/** A model with what tells it from others: the same file may be found by several names. */
export interface Described {
  readonly model: ModelOnDisk
  readonly identity: string
}

/** Models in folders that were listed, whatever store they belong to. */
export async function modelsOf(
  listings: readonly Listing[],
  origin: Origin,
  facts: FactsReader
): Promise<readonly Described[]> {
  const found: (Described | null)[] = []
  const pipelines = new Map<Listing, Listing>()
  for (const listing of listings) {
    const above = listing.parent === null ? undefined : pipelines.get(listing.parent)
    const own = above ?? (listing.names.includes('model_index.json') ? listing : undefined)
    if (own !== undefined) pipelines.set(listing, own)
    found.push(...(await ggufModels(listing, origin, facts)))
    if (own === undefined && listing.names.includes('config.json'))
      found.push(await safetensorsModel(listing, [listing], origin, facts))
  }
  for (const pipeline of new Set(pipelines.values())) {
    const parts = listings.filter((listing) => pipelines.get(listing) === pipeline)
    // Beside the parts of an image pipeline lies often the same once more in one file, for other programs.
    const below = parts.filter((listing) => listing !== pipeline)
    found.push(await safetensorsModel(pipeline, below, origin, facts))
  }
  return found.filter((one) => one !== null)
}

async function ggufModels(
  { folder, names }: Listing,
  origin: Origin,
  facts: FactsReader
): Promise<readonly (Described | null)[]> {
  const groups = groupGgufNames(names)
  const fetched = origin.store === 'llamacpp' ? fetchedByLlamaCpp(names) : []
  const projectorOf = projectorFinder(names, groups)
  const described: (Described | null)[] = []
  for (let from = 0; from < groups.length; from += AT_ONCE) {
    const some = groups.slice(from, from + AT_ONCE)
    described.push(
      ...(await Promise.all(
        some.map(async (group) => {
          const from = fetched.find(({ prefix }) => group.stem.startsWith(prefix))
          const one = await ggufModel(folder, group, projectorOf(group.stem), origin, facts)
          if (one === null || from === undefined) return one
          const label = group.stem.slice(from.prefix.length)
          return { ...one, model: { ...one.model, label, repository: from.repository } }
        })
      ))
    )
  }
  return described
}

async function ggufModel(
  folder: string,
  { stem, files, parts, isPartial }: GgufNames,
  projector: string | null,
  origin: Origin,
  facts: FactsReader
): Promise<Described | null> {
  const [first = '', ...others] = files
  const path = join(folder, first)
  // Of an unfinished file not even the beginning need be there: some tools fetch in any order.
  const own = isPartial ? await facts.facts(path) : await facts.ggufFacts(path)
  if (own === null) return null
  let sizeBytes = own.sizeBytes
  for (const other of others) sizeBytes += (await facts.facts(join(folder, other)))?.sizeBytes ?? 0
  const model: ModelOnDisk = {
    path,
    label: stem || basename(folder),
    sizeBytes,
    format: 'gguf',
    store: origin.store,
    repository: origin.repository ?? repositoryOfPath(path, origin),
    mmprojPath: projector === null ? null : join(folder, projector),
    parts,
    isPartial
  }
  return { model, identity: own.identity }
}

async function safetensorsModel(
  { folder }: Listing,
  holders: readonly Listing[],
  origin: Origin,
  facts: FactsReader
): Promise<Described | null> {
  let sizeBytes = 0
  let parts = 0
  let isPartial = false
  let identity: string | null = null
  for (const { folder: holder, names } of holders) {
    const weights = safetensorsNames(names)
    if (weights === null) continue
    parts += weights.parts
    isPartial ||= weights.isMissing
    for (const name of weights.files) {
      const found = await facts.facts(join(holder, name))
      // A link whose file is gone, or not there yet.
      if (found === null) isPartial = true
      sizeBytes += found?.sizeBytes ?? 0
      identity ??= found?.identity ?? null
    }
    if (weights.missingIfIndexed !== null && weights.index !== null) {
      const index = await readTextUpTo(join(holder, weights.index), INDEX_BYTES)
      if (index?.includes(`"${weights.missingIfIndexed}"`)) {
        isPartial = true
        parts += 1
      }
    }
  }
  if (parts === 0) return null
  const isRoot = folder === origin.root
  const repository = origin.repository ?? repositoryOfPath(join(folder, 'x'), origin)
  const model: ModelOnDisk = {
    path: isRoot && origin.isMain && repository !== null ? repository : folder,
    label: isRoot && repository !== null ? basename(repository) : basename(folder),
    sizeBytes,
    format: 'safetensors',
    store: origin.store,
    repository,
    mmprojPath: null,
    parts,
    isPartial
  }
  return { model, identity: identity ?? folder }
}

/** llama.cpp writes 'owner_name_file.gguf' and beside it 'manifest=owner=name=tag.json': only that tells the two apart. */
function fetchedByLlamaCpp(names: readonly string[]) {
  return names
    .map((name) => /^manifest=([^=]+)=([^=]+)=[^=]*\.json$/.exec(name))
    .filter((match) => match !== null)
    .map(([, owner = '', name = '']) => ({ prefix: `${owner}_${name}_`, repository: `${owner}/${name}` }))
}

/** LM Studio keeps each model in maker/name. */
function repositoryOfPath(path: string, { store, root }: Origin): string | null {
  if (store !== 'lmstudio') return null
  const [owner = '', name = '', ...rest] = dirname(path)
    .slice(root.length + 1)
    .split('/')
  return owner !== '' && name !== '' && rest.length === 0 ? `${owner}/${name}` : null
}
