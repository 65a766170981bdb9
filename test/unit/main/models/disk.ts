import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const HEADER_BYTES = 24

/** Writes files of a model folder below `home`. */
export const modelDisk = (home: string) => {
  const put = (path: string, content: string | Buffer): string => {
    const full = join(home, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, content)
    return full
  }
  const gguf = (path: string, bytes = HEADER_BYTES): string => {
    const content = Buffer.alloc(bytes)
    content.write('GGUF')
    return put(path, content)
  }
  /** As Hugging Face's tools do it: bytes by their hash, names as links. */
  const hub = (repository: string, commit: string, files: Readonly<Record<string, string>>): string => {
    const folder = `.cache/huggingface/hub/models--${repository.replace('/', '--')}`
    put(`${folder}/refs/main`, commit)
    for (const [name, content] of Object.entries(files)) {
      const blob = put(`${folder}/blobs/${Buffer.from(content).toString('hex').slice(0, 40)}`, content)
      const link = join(home, folder, 'snapshots', commit, name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(relative(dirname(link), blob), link)
    }
    return join(home, folder)
  }
  return { put, gguf, hub }
}
