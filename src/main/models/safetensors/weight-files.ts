import { join } from 'node:path'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { FactsSource } from '../facts-source.ts'
import type { ModelProblem } from '../model-problem.ts'
import { safetensorsNames, TWICE } from '../safetensors-names.ts'

const INDEX = /\.safetensors\.index\.json$/
/** The same weights once more in another precision: 'model.fp16.safetensors' beside 'model.safetensors'. */
const VARIANT = /^(.+)\.(?:fp16|bf16|fp32|fp8\w*|ema|non_ema)\.safetensors$/

/** Files that are loaded of a folder, by their names in it: those the index names, else all that are there once. */
export async function weightFiles(
  folder: string,
  names: readonly string[],
  source: FactsSource
): Promise<Result<readonly string[], ModelProblem>> {
  const indexes = names.filter((name) => INDEX.test(name)).toSorted()
  const index =
    indexes.find((name) => name === 'model.safetensors.index.json') ??
    indexes.find((name) => !TWICE.test(name))
  if (index !== undefined) return source.index(join(folder, index))
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
