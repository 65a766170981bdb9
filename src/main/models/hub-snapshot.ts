import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { ModelProblem } from './model-problem.ts'
import { readTextUpTo } from './read-text.ts'
import { hubCacheFolder } from './stores.ts'

/** A reference holds the 40 digits of a commit. */
const REFERENCE_BYTES = 256
/** 'owner/name', or 'name' alone as the oldest ones have it. */
const REPOSITORY = /^(?:[\w.-]+\/)?[\w.-]+$/

/** The folder that a repository's name stands for in Hugging Face's cache: the commit of 'main', else the only one. */
export async function findHubSnapshot(
  repository: string,
  { env, homeDir }: { readonly env: NodeJS.ProcessEnv; readonly homeDir: string }
): Promise<Result<string, ModelProblem>> {
  if (!REPOSITORY.test(repository) || repository.includes('..')) {
    const message = `'${repository}' is neither a path nor a repository. Give a path that begins with '/', or 'owner/name'.`
    return err({ kind: 'missing', message })
  }
  const cache = hubCacheFolder(homeDir, env)
  const folder = join(cache, `models--${repository.replaceAll('/', '--')}`)
  const main = (await readTextUpTo(join(folder, 'refs', 'main'), REFERENCE_BYTES))?.trim() ?? ''
  const named = /^[\w.-]+$/.test(main) && !main.includes('..') ? join(folder, 'snapshots', main) : null
  if (named !== null && (await stat(named).catch(() => null))?.isDirectory()) return ok(named)
  const snapshots = await readdir(join(folder, 'snapshots')).catch((): string[] => [])
  const [only] = snapshots
  if (only !== undefined && snapshots.length === 1) return ok(join(folder, 'snapshots', only))
  const message = `${repository} is not in the Hugging Face cache (${cache}). Download it first: its size is known then.`
  return err({ kind: 'missing', message })
}
