import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'test/fixtures/nvml/nvml.c')
const cache = join(root, '.cache/nvml-stub')

/** Why the stub cannot be built here, for a skip; null when it can. */
export async function noCompiler(): Promise<string | null> {
  try {
    await run('cc', ['--version'])
    return null
  } catch {
    return 'no C compiler (cc) for the NVML stub: install gcc'
  }
}

/**
 * Builds the stub of libnvidia-ml and says where it is. `defines` as in nvml.c ('OLD_LIBRARY').
 *
 * Kept under .cache by the source's hash, and moved into place whole, so that parallel suites share one build.
 */
export async function buildNvmlStub(defines: readonly string[] = []): Promise<string> {
  const text = await readFile(source)
  const key = createHash('sha256').update(text).update(defines.join(' ')).digest('hex').slice(0, 16)
  const library = join(cache, `libnvidia-ml-${key}.so.1`)
  if (existsSync(library)) return library
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'build-'))
  const built = join(work, 'lib.so')
  try {
    await run('cc', [
      '-shared',
      '-fPIC',
      '-O1',
      '-Wall',
      ...defines.map((name) => `-D${name}`),
      '-o',
      built,
      source
    ])
    await rename(built, library)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return library
}
