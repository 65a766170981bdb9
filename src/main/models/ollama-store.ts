import { join } from 'node:path'
import { z } from 'zod'
import type { FactsReader } from './file-facts.ts'
import { readTextUpTo } from './read-text.ts'
import type { ModelOnDisk } from './types.ts'
import { walk, type WalkState } from './walk.ts'

const MANIFEST_BYTES = 1024 * 1024
/** What a name without host and owner stands for. */
export const DEFAULT_HOST = 'registry.ollama.ai'
export const DEFAULT_OWNER = 'library'
export const WEIGHTS = 'application/vnd.ollama.image.model'
export const PROJECTOR = 'application/vnd.ollama.image.projector'
const UNFINISHED = /^sha256-[0-9a-f]{64}-partial$/

const layer = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256[:-][0-9a-f]{64}$/),
  size: z.number().nonnegative()
})
export type OllamaLayer = z.output<typeof layer>
const manifestSchema = z.object({ layers: z.array(layer).max(1_000) })

/**
 * Models of an Ollama store: a manifest per tag names the layers, which are files named by their hash. A pull writes its
 * manifest last, so that of an unfinished one only the bytes are known, and no name.
 */
export async function ollamaModels(
  root: string,
  state: WalkState,
  facts: FactsReader
): Promise<readonly ModelOnDisk[]> {
  const models: ModelOnDisk[] = []
  const { listings } = await walk(join(root, 'manifests'), state)
  const manifests = listings.flatMap(({ folder, names }) => names.map((name) => join(folder, name)))
  for (const path of manifests) {
    const tag = tagOf(path.slice(join(root, 'manifests').length + 1))
    const layers = tag === null ? null : await readLayers(path)
    if (tag === null || layers === null || !layers.some(({ mediaType }) => mediaType === WEIGHTS)) continue
    let isPartial = false
    for (const { digest, size } of layers) {
      const found = await facts.facts(blobPath(root, digest))
      isPartial ||= found === null || found.sizeBytes !== size
    }
    const projector = layers.find(({ mediaType }) => mediaType === PROJECTOR)
    models.push({
      path: tag,
      label: tag,
      sizeBytes: layers.reduce((sum, { size }) => sum + size, 0),
      format: 'ollama',
      store: 'ollama',
      repository: null,
      mmprojPath: projector === undefined ? null : blobPath(root, projector.digest),
      parts: layers.filter(({ mediaType }) => mediaType === WEIGHTS).length,
      isPartial
    })
  }
  return [...models, ...(await unfinishedPulls(join(root, 'blobs'), state, facts))]
}

async function unfinishedPulls(
  blobs: string,
  state: WalkState,
  facts: FactsReader
): Promise<readonly ModelOnDisk[]> {
  const { listings } = await walk(blobs, state)
  const names = listings[0]?.names.filter((name) => UNFINISHED.test(name)) ?? []
  const models: ModelOnDisk[] = []
  for (const name of names) {
    const path = join(blobs, name)
    const found = await facts.facts(path)
    if (found === null) continue
    models.push({
      path,
      label: 'Unfinished pull of Ollama',
      sizeBytes: found.sizeBytes,
      format: 'ollama',
      store: 'ollama',
      repository: null,
      mmprojPath: null,
      parts: 1,
      isPartial: true
    })
  }
  return models
}

/** What a manifest names; null where it cannot be read or is none. */
export async function readLayers(path: string): Promise<readonly OllamaLayer[] | null> {
  const text = await readTextUpTo(path, MANIFEST_BYTES)
  if (text === null) return null
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data.layers : null
  } catch {
    return null
  }
}

/** As `ollama run` takes it: host and owner only where they are not the usual ones. */
function tagOf(manifest: string): string | null {
  const [host = '', owner = '', name = '', tag = '', ...more] = manifest.split('/')
  if (tag === '' || more.length > 0) return null
  const short = `${name}:${tag}`
  if (host !== DEFAULT_HOST) return `${host}/${owner}/${short}`
  return owner === DEFAULT_OWNER ? short : `${owner}/${short}`
}

export const blobPath = (root: string, digest: string): string =>
  join(root, 'blobs', digest.replace(':', '-'))
