import { basename, dirname, join } from 'node:path'
import type { GgufFacts } from '../../../shared/model/model-facts.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import type { FactsSource } from '../facts-source.ts'
import type { GgufHeader } from './parse-header.ts'
import { readGgufParts, type GgufParts } from './parts.ts'
import { addSums } from './tensor-tally.ts'

/** Facts of a GGUF model: all its parts together, and the vision projector that lies beside it. */
export async function readGgufFacts(
  path: string,
  source: FactsSource
): Promise<Result<GgufFacts, ModelProblem>> {
  const read = await readGgufParts(path, (part) => source.gguf(part))
  if (!read.ok) return read
  const mmprojPath = await projectorBeside(path, source)
  return ggufFacts(path, read.value, mmprojPath, source)
}

/** The same for parts that were found in another way: `headers` in their order. */
export async function ggufFacts(
  path: string,
  headers: GgufParts,
  mmprojPath: string | null,
  source: FactsSource
): Promise<Result<GgufFacts, ModelProblem>> {
  const [first] = headers
  const problem = problemOf(path, first, headers.length)
  if (problem !== null) return err(problem)
  const mmproj = mmprojPath === null ? null : await source.state(mmprojPath)
  const sizes = headers.map(({ fileBytes }) => fileBytes)
  return ok({
    format: 'gguf',
    path,
    architecture: first.architecture,
    name: first.name,
    hparams: first.hparams,
    vocabularySize: headers.reduce<number | null>((found, part) => found ?? part.vocabularySize, null) ?? 0,
    tensors: headers.length === 1 ? first.tensors : addSums(headers.map(({ tensors }) => tensors)),
    parts: headers.length,
    fileBytes: sizes.reduce((sum, size) => sum + size, 0),
    largestFileBytes: Math.max(...sizes),
    mmproj: mmprojPath === null || mmproj === null ? null : { path: mmprojPath, fileBytes: mmproj.sizeBytes }
  })
}

function problemOf(path: string, first: GgufHeader, parts: number): ModelProblem | null {
  if (first.architecture === '') {
    const message = `${basename(path)} does not say which architecture its model has. Download or convert it again.`
    return { kind: 'unsupported', message }
  }
  if (first.partCount <= parts) return null
  const message =
    `${basename(path)} is one of ${first.partCount} parts of a split model, but is not named like one. ` +
    'Give all parts the names they were downloaded by.'
  return { kind: 'unsupported', message }
}

async function projectorBeside(path: string, source: FactsSource): Promise<string | null> {
  const folder = dirname(path)
  const listing = await source.ggufFolder(folder)
  const stem = listing.stemOf.get(basename(path))
  const projector = stem === undefined ? null : listing.projectorOf(stem)
  return projector === null ? null : join(folder, projector)
}
