import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { Profile } from '../../../shared/model/runner.ts'
import { isLearnt } from './watch-runs.ts'

/** Settings that change an address or a name, never memory. */
const NOT_MEMORY = new Set(['port', 'servedModelName', 'startService'])

/**
 * Names one combination of model, runner, its build and flags on one machine: what is measured of it holds for the
 * next run of the same. A hash, because settings may hold secrets. Null where the model is a path that cannot be read,
 * and where one run tells nothing of the next.
 *
 * @param program what would be launched, so that another build of it is another run; null: not known
 */
export async function runKey(
  profile: Profile,
  memTotalBytes: number,
  program: string | null
): Promise<string | null> {
  const { kind, modelPath, settings, container } = profile
  if (!isLearnt(kind)) return null
  const model = await identityOf(profile)
  if (model === null) return null
  const flags = Object.entries(settings)
    .filter(([key]) => !NOT_MEMORY.has(key))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  const where =
    container === null
      ? program === null
        ? null
        : await stampOf(program)
      : [container.image, container.gpus, container.env]
  const text = JSON.stringify([kind, modelPath, model, flags, where, memTotalBytes])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** A file by size and time: a new download under the old name is another model. A tag by its name alone. */
async function identityOf({ kind, modelPath }: Profile): Promise<string | null> {
  if (!modelPath.startsWith('/')) return ''
  const found = await stat(modelPath).catch(() => null)
  if (found === null) return null
  if (found.isFile()) return `${found.size}:${found.mtimeMs}`
  // A router of all models in a folder: which it holds is chosen later.
  return kind === 'llamacpp' ? null : ''
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  return found === null ? path : `${path}:${found.size}:${found.mtimeMs}`
}
