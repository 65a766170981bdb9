import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import { readTextUpTo } from '../read-text.ts'
import { isFields, type Fields } from './json-fields.ts'

/** Real ones have some kilobytes; those with many labels some hundred. */
const CONFIG_BYTES = 4_194_304
/** The largest index known, of 163 shards, has 9 MiB. */
const INDEX_BYTES = 33_554_432
const MOST_FILES = 10_000

/** A configuration: a JSON object of whatever fields. */
export const readConfig = (path: string): Promise<Result<Fields, ModelProblem>> =>
  readObject(path, CONFIG_BYTES)

/** The files that an index of weights names, each once. */
export async function readIndex(path: string): Promise<Result<readonly string[], ModelProblem>> {
  const read = await readObject(path, INDEX_BYTES)
  if (!read.ok) return read
  const map = read.value['weight_map']
  const files = new Set<unknown>(isFields(map) ? Object.values(map) : [])
  const names = [...files].filter((name) => typeof name === 'string').filter(isBelow)
  if (names.length > 0 && names.length === files.size && names.length <= MOST_FILES) return ok(names)
  return err({ kind: 'damaged', message: `${path} is damaged: it names no files. Download it again.` })
}

async function readObject(path: string, mostBytes: number): Promise<Result<Fields, ModelProblem>> {
  const text = await readTextUpTo(path, mostBytes)
  if (text === null) {
    const message = `${path} cannot be read, or is too long. Check its permissions, or download it again.`
    return err({ kind: 'unreadable', message })
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (isFields(parsed)) return ok(parsed)
  } catch {
    // Said below, as for any other content that is none.
  }
  return err({ kind: 'damaged', message: `${path} is damaged: it is no JSON object. Download it again.` })
}

/** A file of the same folder or below: an index must not have others read. */
const isBelow = (name: string): boolean =>
  name.endsWith('.safetensors') && !name.startsWith('/') && !name.split('/').includes('..')
