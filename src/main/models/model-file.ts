import { ok, type Result } from '../../shared/util/result.ts'
import { readGgufHeader, summaryOf, type GgufSummary } from './gguf/header.ts'
import { readGgufParts } from './gguf/parts.ts'
import type { ModelProblem } from './model-problem.ts'

export interface CheckedModel {
  /** Of the first part. */
  readonly summary: GgufSummary
  /** Of all parts. */
  readonly totalBytes: number
}

/** Checks a model in one file or all parts of a split one, so that a bad download fails before it is loaded. */
export async function checkModelFile(path: string): Promise<Result<CheckedModel, ModelProblem>> {
  const read = await readGgufParts(path, readGgufHeader)
  if (!read.ok) return read
  return ok({
    summary: summaryOf(read.value[0]),
    totalBytes: read.value.reduce((sum, { fileBytes }) => sum + fileBytes, 0)
  })
}
