import { join } from 'node:path'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { FactsSource } from './facts-source.ts'
import { ggufFacts } from './gguf/facts.ts'
import type { GgufHeader } from './gguf/parse-header.ts'
import type { ModelProblem } from './model-problem.ts'
import { blobPath, DEFAULT_HOST, DEFAULT_OWNER, PROJECTOR, readLayers, WEIGHTS } from './ollama-store.ts'
import { storeRoots } from './stores.ts'

const DEFAULT_TAG = 'latest'
/** One step of a name; no path may come of it. */
const STEP = /^(?!\.{1,2}$)[\w.-]{1,255}$/

/** Facts of a model that Ollama has pulled: its manifest names the files, which are plain GGUF. */
export async function readOllamaFacts(
  tag: string,
  { env, homeDir }: { readonly env: NodeJS.ProcessEnv; readonly homeDir: string },
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const manifest = manifestOf(tag)
  if (manifest === null) {
    const message = `'${tag}' is no name of an Ollama model. Names look like llama3.2:3b.`
    return err({ kind: 'missing', message })
  }
  const roots = await storeRoots({ homeDir, folders: [], env })
  for (const { folder } of roots.filter(({ store }) => store === 'ollama')) {
    const layers = await readLayers(join(folder, 'manifests', ...manifest))
    const weights = layers?.filter(({ mediaType }) => mediaType === WEIGHTS) ?? []
    if (weights.length === 0) continue
    const projector = layers?.find(({ mediaType }) => mediaType === PROJECTOR)
    return readBlobs(
      weights.map(({ digest }) => blobPath(folder, digest)),
      projector === undefined ? null : blobPath(folder, projector.digest),
      source
    )
  }
  return err({
    kind: 'missing',
    message: `Ollama has no model '${tag}' that this user can see. Pull it first: its size is known then.`
  })
}

async function readBlobs(
  paths: readonly string[],
  projector: string | null,
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const headers: GgufHeader[] = []
  for (const path of paths) {
    const read = await source.gguf(path)
    if (!read.ok) return read
    headers.push(read.value)
  }
  const [first, ...others] = headers
  const [path] = paths
  if (first === undefined || path === undefined) {
    return err({ kind: 'no-model', message: 'The manifest of the model names no weights. Pull it again.' })
  }
  return ggufFacts(path, [first, ...others], projector, source)
}

/** Host, owner, name and tag as the store's folders have them; null for what is no name. */
function manifestOf(given: string): readonly [string, string, string, string] | null {
  const slash = given.lastIndexOf('/')
  const colon = given.indexOf(':', slash + 1)
  const tag = colon === -1 ? DEFAULT_TAG : given.slice(colon + 1)
  const steps = (colon === -1 ? given : given.slice(0, colon)).split('/')
  if (steps.length > 3 || ![...steps, tag].every((step) => STEP.test(step))) return null
  const [name = '', owner = DEFAULT_OWNER, host = DEFAULT_HOST] = steps.toReversed()
  return [host, owner, name, tag]
}
