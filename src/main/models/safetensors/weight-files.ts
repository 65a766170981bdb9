import { join } from 'node:path'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import { readTextUpTo } from '../read-text.ts'
import { safetensorsNames } from '../safetensors-names.ts'
import { isFields } from './json-fields.ts'

/** The largest index known, of 163 shards, has 9 MiB. */
const INDEX_BYTES = 33_554_432
const MOST_FILES = 10_000
const INDEX = /\.safetensors\.index\.json$/
/** The same weights once more, as Mistral's own tools read them. */
const TWICE = /^consolidated/
/** The same weights once more in another precision: 'model.fp16.safetensors' beside 'model.safetensors'. */
const VARIANT = /^(.+)\.(?:fp16|bf16|fp32|fp8\w*|ema|non_ema)\.safetensors$/

/** Files that are loaded of a folder, by their names in it: those the index names, else all that are there once. */
export async function weightFiles(
  folder: string,
  names: readonly string[]
): Promise<Result<readonly string[], ModelProblem>> {
  const indexes = names.filter((name) => INDEX.test(name)).toSorted()
  const index =
    indexes.find((name) => name === 'model.safetensors.index.json') ??
    indexes.find((name) => !TWICE.test(name))
  if (index !== undefined) return indexedFiles(join(folder, index))
  const all = new Set(names)
  const once = names.filter((name) => {
    const stem = VARIANT.exec(name)?.[1]
    return stem === undefined || !all.has(`${stem}.safetensors`)
  })
  const weights = safetensorsNames(once.toSorted())
  if (weights === null) return ok([])
  if (!weights.isMissing) return ok(weights.files)
  const missing = weights.parts - weights.files.length
  const files = missing === 1 ? '1 file is' : `${missing} files are`
  const message = `The model in ${folder} is incomplete: ${files} missing. Download it again.`
  return err({ kind: 'truncated', message })
}

async function indexedFiles(path: string): Promise<Result<readonly string[], ModelProblem>> {
  const broken: Result<never, ModelProblem> = err({
    kind: 'damaged',
    message: `${path} is damaged: it names no files. Download it again.`
  })
  const text = await readTextUpTo(path, INDEX_BYTES)
  if (text === null) {
    return err({ kind: 'unreadable', message: `${path} cannot be read. Check its permissions.` })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return broken
  }
  const map = isFields(parsed) ? parsed['weight_map'] : null
  if (!isFields(map)) return broken
  const files = new Set<string>()
  for (const name of Object.values(map)) {
    if (typeof name !== 'string' || !isBelow(name)) return broken
    if (files.add(name).size > MOST_FILES) return broken
  }
  return files.size === 0 ? broken : ok([...files])
}

/** A file of the same folder or below: an index must not have others read. */
const isBelow = (name: string): boolean =>
  name.endsWith('.safetensors') && !name.startsWith('/') && !name.split('/').includes('..')
