import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import { readBytesUpTo } from '../read-text.ts'
import { isDeeperThan } from './json-bytes.ts'
import { isFields, type Fields } from './json-fields.ts'

/** Real ones have some kilobytes; those with many labels some hundred. Parsing more would hold the core up. */
const CONFIG_BYTES = 1_048_576
/** Real ones have five levels at most. */
const CONFIG_DEPTH = 64

/** A configuration: a JSON object of whatever fields. */
export async function readConfig(path: string): Promise<Result<Fields, ModelProblem>> {
  const bytes = await readBytesUpTo(path, CONFIG_BYTES)
  if (bytes === null) {
    const message = `${path} cannot be read, or is too long. Check its permissions, or download it again.`
    return err({ kind: 'unreadable', message })
  }
  try {
    const parsed: unknown = isDeeperThan(bytes, CONFIG_DEPTH) ? null : JSON.parse(bytes.toString('utf8'))
    if (isFields(parsed)) return ok(parsed)
  } catch {
    // Said below, as for any other content that is none.
  }
  return err({ kind: 'damaged', message: `${path} is damaged: it is no JSON object. Download it again.` })
}
