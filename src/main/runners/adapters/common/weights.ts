import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The largest models have some hundred parts; a folder of more files is no model's. */
const MOST_FILES = 2_000
/** As Hugging Face writes them; some makers put the same weights beside them under other names. */
const PARTS = /^model(?:-\d+-of-\d+)?\.safetensors$/
const ANY = /\.safetensors$/
const REVISION = /^[0-9a-f]{40}$/

/** Bytes of a model's weights in a folder, for the progress of loading; null where there are none to be seen. */
export async function weightBytes(folder: string): Promise<number | null> {
  const names = await readdir(folder).catch(() => [])
  if (names.length > MOST_FILES) return null
  const parts = names.filter((name) => PARTS.test(name))
  let bytes = 0
  for (const name of parts.length > 0 ? parts : names.filter((one) => ANY.test(one))) {
    const part = await stat(join(folder, name)).catch(() => null)
    if (part === null) return null
    bytes += part.size
  }
  return bytes > 0 ? bytes : null
}

/** The snapshot of a repository's main branch in a Hugging Face cache ('…/huggingface'); null: it is not there. */
export async function cachedSnapshot(cache: string, repository: string): Promise<string | null> {
  const folder = join(cache, 'hub', `models--${repository.replaceAll('/', '--')}`)
  const ref = await readFile(join(folder, 'refs', 'main'), 'utf8').catch(() => '')
  return REVISION.test(ref.trim()) ? join(folder, 'snapshots', ref.trim()) : null
}
