import { basename } from 'node:path'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import { parseSplitName, splitPartPath } from '../split-name.ts'
import type { GgufHeader } from './parse-header.ts'

/** At least one. */
export type GgufParts = readonly [GgufHeader, ...GgufHeader[]]

/** Headers of a model in one file or of all parts of a split one, the first one first. */
export async function readGgufParts(
  path: string,
  read: (path: string) => Promise<Result<GgufHeader, ModelProblem>>
): Promise<Result<GgufParts, ModelProblem>> {
  const first = await read(path)
  if (!first.ok) return first
  const split = parseSplitName(path)
  if (split === null || split.parts < 2) return ok([first.value])
  if (split.part !== 1) {
    const firstName = basename(splitPartPath(split, 1))
    return err({
      kind: 'unsupported',
      message: `${basename(path)} is part ${split.part} of a split model. Start its first part, ${firstName}.`
    })
  }
  const headers: [GgufHeader, ...GgufHeader[]] = [first.value]
  for (let part = 2; part <= split.parts; part += 1) {
    const next = await read(splitPartPath(split, part))
    if (next.ok) {
      headers.push(next.value)
      continue
    }
    if (next.error.kind !== 'missing') return next
    const name = basename(splitPartPath(split, part))
    return err({
      kind: 'truncated',
      message: `The model is incomplete: of its ${split.parts} parts ${name} is missing. Download it too.`
    })
  }
  return ok(headers)
}
