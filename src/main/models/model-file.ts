import { basename } from 'node:path'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { readGgufSummary, type GgufProblem, type GgufSummary } from './gguf/header.ts'
import { parseSplitName, splitPartPath } from './split-name.ts'

export interface CheckedModel {
  /** Of the first part. */
  readonly summary: GgufSummary
  /** Of all parts. */
  readonly totalBytes: number
}

/** Checks a model in one file or all parts of a split one, so that a bad download fails before it is loaded. */
export async function checkModelFile(path: string): Promise<Result<CheckedModel, GgufProblem>> {
  const first = await readGgufSummary(path)
  if (!first.ok) return first
  const split = parseSplitName(path)
  if (split === null || split.parts < 2) {
    return ok({ summary: first.value, totalBytes: first.value.fileBytes })
  }
  if (split.part !== 1) {
    const firstName = basename(splitPartPath(split, 1))
    return err({
      kind: 'unsupported',
      message: `${basename(path)} is part ${split.part} of a split model. Start its first part, ${firstName}.`
    })
  }
  let totalBytes = first.value.fileBytes
  for (let part = 2; part <= split.parts; part += 1) {
    const next = await readGgufSummary(splitPartPath(split, part))
    if (!next.ok) {
      const missing = next.error.kind === 'missing'
      const name = basename(splitPartPath(split, part))
      return missing
        ? err({
            kind: 'truncated',
            message: `The model is incomplete: of its ${split.parts} parts ${name} is missing. Download it too.`
          })
        : next
    }
    totalBytes += next.value.fileBytes
  }
  return ok({ summary: first.value, totalBytes })
}
