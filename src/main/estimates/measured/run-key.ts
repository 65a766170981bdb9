import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { Profile } from '../../../shared/model/runner.ts'

/** Settings that change an address or a name, never memory. */
const NOT_MEMORY = new Set(['port', 'servedModelName', 'startService'])

/**
 * Names one combination of model, runner and flags on one machine: what is measured of it holds for the next run of
 * the same. A hash, because settings may hold secrets. Null where the model is a path that cannot be read.
 */
export async function runKey(profile: Profile, memTotalBytes: number): Promise<string | null> {
  const { kind, modelPath, settings, container } = profile
  const model = await identityOf(modelPath)
  if (model === null) return null
  const flags = Object.entries(settings)
    .filter(([key]) => !NOT_MEMORY.has(key))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  const where = container === null ? null : [container.image, container.gpus, container.env]
  const text = JSON.stringify([kind, model, flags, where, memTotalBytes])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** A file by path, size and time: a new download under the old name is another model. A tag by its name. */
async function identityOf(modelPath: string): Promise<string | null> {
  if (!modelPath.startsWith('/')) return modelPath
  const found = await stat(modelPath).catch(() => null)
  if (found === null) return null
  return found.isFile() ? `${modelPath}:${found.size}:${found.mtimeMs}` : modelPath
}
