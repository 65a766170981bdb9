import { ByteWindow, type ReadableFile } from '../byte-window.ts'
import { damaged, Refusal } from '../model-problem.ts'
import { walkJson } from './json-walk.ts'

/** The largest index known, of 163 shards, has 9 MiB. */
const INDEX_BYTES = 33_554_432
const MOST_FILES = 10_000

/** The files that an index of weights names, each once. Walked: it may hold a million names of tensors. */
export async function parseIndex(file: ReadableFile, fileBytes: number): Promise<readonly string[]> {
  if (fileBytes > INDEX_BYTES) {
    throw new Refusal('unreadable', 'is too long for an index of weights. Download it again.')
  }
  const names = new Set<string>()
  const window = new ByteWindow(file, fileBytes, fileBytes)
  const walk = walkJson(window, fileBytes, {
    cutOff: 'it ends in the middle',
    unlike: 'it is no list of files'
  })
  const addFile = (name: unknown): void => {
    if (typeof name !== 'string' || !isBelow(name)) throw namesNone()
    names.add(name)
    if (names.size > MOST_FILES) throw namesNone()
  }
  if (!(await walk.enter())) throw namesNone()
  await walk.members(async (key, value) => {
    if (key !== 'weight_map') return walk.pass(value)
    walk.goTo(value)
    if (!(await walk.enter())) throw namesNone()
    return walk.members((_, file) => addFile(walk.take(file)))
  })
  if (names.size === 0) throw namesNone()
  return [...names]
}

const namesNone = (): Refusal => damaged('it names no files')

/** A file of the same folder or below: an index must not have others read. */
const isBelow = (name: string): boolean =>
  name.endsWith('.safetensors') && !name.startsWith('/') && !name.split('/').includes('..')
