import { basename, join } from 'node:path'
import type { SafetensorsFacts } from '../../../shared/model/model-facts.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { FactsSource } from '../facts-source.ts'
import type { ModelProblem } from '../model-problem.ts'
import { modelConfigOf } from './config.ts'
import type { SafetensorsHeader } from './header.ts'
import type { Fields } from './json-fields.ts'
import { quantisationOf } from './quantisation.ts'
import { weightFiles } from './weight-files.ts'

/** Facts of a checkpoint that is one file, as image models often are. */
export async function readSafetensorsFile(
  path: string,
  source: FactsSource
): Promise<Result<SafetensorsFacts, ModelProblem>> {
  const read = await source.safetensors(path)
  return read.ok ? ok(factsOf(path, null, [read.value], null, null)) : read
}

/** Facts of a folder with weights, and of a pipeline of several models, each in a folder below it. */
export async function readSafetensorsFolder(
  folder: string,
  repository: string | null,
  names: readonly string[],
  parts: readonly { readonly folder: string; readonly names: readonly string[] }[],
  source: FactsSource
): Promise<Result<SafetensorsFacts, ModelProblem>> {
  const headers: SafetensorsHeader[] = []
  for (const part of parts) {
    const files = await weightFiles(part.folder, part.names, source)
    if (!files.ok) return files
    for (const name of files.value) {
      const read = await source.safetensors(join(part.folder, name))
      if (read.ok) headers.push(read.value)
      else if (read.error.kind !== 'missing') return read
      else return err(incomplete(name, files.value.length))
    }
  }
  if (headers.length === 0) return err(noWeights(folder))
  const isPipeline = parts.length !== 1 || parts[0]?.folder !== folder
  const config = isPipeline ? ok(null) : await jsonIn(folder, 'config.json', names, source)
  if (!config.ok) return config
  const quantisation = await jsonIn(folder, 'hf_quant_config.json', names, source)
  if (!quantisation.ok) return quantisation
  return ok(factsOf(folder, repository, headers, config.value, quantisation.value))
}

function factsOf(
  path: string,
  repository: string | null,
  headers: readonly SafetensorsHeader[],
  config: Fields | null,
  quantisationFile: Fields | null
): SafetensorsFacts {
  const hasHead = headers.some((header) => header.hasHead)
  const { bits } = quantisationOf(config === null ? [] : [config], quantisationFile)
  return {
    format: 'safetensors',
    path,
    repository,
    weightsBytes: headers.reduce((sum, { dataBytes }) => sum + dataBytes, 0),
    parameters: parametersOf(headers, bits),
    files: headers.length,
    largestFileBytes: headers.reduce((most, { fileBytes }) => Math.max(most, fileBytes), 0),
    config: config === null ? null : modelConfigOf(config, quantisationFile, hasHead)
  }
}

/**
 * From the shapes. Packed weights (GPTQ, AWQ, MXFP4, NVFP4, bitsandbytes, compressed-tensors) count by the bits that
 * the configuration names, without their scales; null where it names none.
 */
function parametersOf(headers: readonly SafetensorsHeader[], bits: number | null): number | null {
  const plain = headers.reduce((sum, { plainElements }) => sum + plainElements, 0)
  const packed = headers.reduce((sum, { packedBits }) => sum + packedBits, 0)
  if (packed === 0) return plain
  return bits === null ? null : plain + Math.floor(packed / bits)
}

/** Null: the folder has none. */
const jsonIn = async (
  folder: string,
  name: string,
  names: readonly string[],
  source: FactsSource
): Promise<Result<Fields | null, ModelProblem>> =>
  names.includes(name) ? source.json(join(folder, name)) : ok(null)

const incomplete = (name: string, files: number): ModelProblem => ({
  kind: 'truncated',
  message: `The model is incomplete: of its ${files} files ${basename(name)} is missing. Download it too.`
})

const noWeights = (folder: string): ModelProblem => ({
  kind: 'no-model',
  message: `${folder} has no weights in it. Give the folder of a model, or download it again.`
})
