import type { ModelSource, Playbook } from '../../../../shared/model/playbook.ts'
import type { RunnerKind } from '../../../../shared/model/runner.ts'
import type { Size } from '../../stores/estimates.ts'
import type { FoundModel } from '../../stores/runners.ts'

/** A pattern of a repository's files: '*' stands for any characters. */
const matches = (pattern: string, name: string): boolean => {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const [index, piece] of rest.entries()) {
    const isLast = index === rest.length - 1
    const found = isLast && piece !== '' ? name.lastIndexOf(piece) : name.indexOf(piece, at)
    if (found < at || (isLast && piece !== '' && found + piece.length !== name.length)) return false
    at = found + piece.length
  }
  return true
}

/** Whether what a playbook loads is on disk, whole. */
export function hasModel(source: ModelSource, models: readonly FoundModel[]): boolean {
  return models.some(({ repository, format, isPartial, path }) => {
    if (repository !== source.repository || isPartial) return false
    // A repository may have the same model in many sizes, one file each.
    if (format !== 'gguf') return true
    const name = path.slice(path.lastIndexOf('/') + 1)
    return source.files.some((pattern) => matches(pattern.slice(pattern.lastIndexOf('/') + 1), name))
  })
}

/** Kinds that hold in memory what they have downloaded, all of it; a fine-tuning job may pack it smaller. */
const HOLDS_ALL: ReadonlySet<RunnerKind> = new Set(['llamacpp', 'vllm', 'sglang', 'trtllm'])

/** Weights that it cannot do without; 0 where that is not known. */
export const weightsOf = ({ kind, source }: Pick<Playbook, 'kind' | 'source'>): number =>
  source !== null && HOLDS_ALL.has(kind) ? source.sizeBytes : 0

/** As its makers report it: one figure, and of somebody else's machine. Null: nobody has said. */
export const reportedSize = ({ memoryBytes }: Pick<Playbook, 'memoryBytes'>): Size | null =>
  memoryBytes === null
    ? null
    : {
        total: { lowBytes: memoryBytes, expectedBytes: memoryBytes, peakBytes: memoryBytes },
        confidence: 'rough'
      }
