import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ModelSource } from '../../../shared/model/playbook.ts'
import { readTextUpTo } from '../../models/read-text.ts'
import { hubCacheFolder } from '../../models/stores.ts'

/** A commit's name; a file that says anything else is no ref. */
const COMMIT = /^[0-9a-f]{7,64}$/
const MOST_REF_BYTES = 200

/**
 * The path of a repository's file on this machine: in Hugging Face's cache, llama.cpp's, or the user's models folder.
 * Null: it is in none of them.
 */
export async function downloadedFile(
  source: Pick<ModelSource, 'repository' | 'revision'>,
  file: string,
  env: NodeJS.ProcessEnv,
  homeDir: string
): Promise<string | null> {
  const { repository, revision } = source
  const inHub = join(hubCacheFolder(homeDir, env), `models--${repository.replace('/', '--')}`)
  const commit = COMMIT.test(revision) ? revision : await refOf(join(inHub, 'refs', revision))
  const llamaCache = env['LLAMA_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homeDir, '.cache'), 'llama.cpp')
  const models = join(homeDir, 'models')
  const candidates = [
    ...(commit === null ? [] : [join(inHub, 'snapshots', commit, file)]),
    join(llamaCache, `${repository}/${file}`.replaceAll('/', '_')),
    join(models, repository, file),
    join(models, basename(repository), file),
    join(models, file),
    join(models, basename(file))
  ]
  for (const candidate of candidates) if (await isFile(candidate)) return candidate
  return null
}

async function refOf(path: string): Promise<string | null> {
  const text = (await readTextUpTo(path, MOST_REF_BYTES))?.trim() ?? ''
  return COMMIT.test(text) ? text : null
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false
  )
