import type { ByteWindow } from '../byte-window.ts'
import { damaged, Refusal } from '../model-problem.ts'
import { OPEN } from './json-bytes.ts'
import { walkJson } from './json-walk.ts'

/** Notes of whoever made the file: no tensor, and as long as they like. */
const NOTES = '__metadata__'

export const notSafetensors = (): Refusal =>
  new Refusal('not-safetensors', 'is not a safetensors file. Download it again.')

/** Walks the header, the JSON object from the window's place to `endOfHeader`. */
export async function readEntries(
  window: ByteWindow,
  endOfHeader: number,
  add: (name: string, entry: unknown) => void
): Promise<void> {
  const walk = walkJson(window, endOfHeader, {
    cutOff: 'its header ends in the middle',
    unlike: 'its header is no list of tensors'
  })
  if (!(await walk.enter())) throw notSafetensors()
  await walk.members((name, value) => {
    const isNested = value.bytes[value.at] === OPEN
    if (name === NOTES) {
      if (!isNested) throw damaged('its notes are no list')
      return walk.pass(value)
    }
    if (!isNested) throw damaged(`the entry of ${JSON.stringify(name.slice(0, 80))} is no tensor's`)
    add(name, walk.take(value))
    return undefined
  })
}
