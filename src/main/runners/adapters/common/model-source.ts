import { stat } from 'node:fs/promises'
import { isAbsolute, join, posix } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Mount, Profile } from '../../../../shared/model/runner.ts'
import type { RunnerAdapter } from '../../supervisor/adapter.ts'
import { assertNever } from '../../../../shared/util/assert-never.ts'
import { err, ok } from '../../../../shared/util/result.ts'
import { cachedSnapshot, weightBytes } from './weights.ts'

/** 'owner/name' or 'name', as Hugging Face allows them. */
const REPOSITORY = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/
const CONFIG = 'config.json'

/** The same adapter, whose plan also looks whether a model in a folder is there; a repository may be fetched. */
export function withModelFolder(adapter: RunnerAdapter): RunnerAdapter {
  return {
    ...adapter,
    async plan(profile, context) {
      const planned = await adapter.plan(profile, context)
      if (!planned.ok) return planned
      const source = sourceOf(profile, context.env['HOME'] ?? '/')
      if (context.isPreview !== true) {
        const problem = await sourceProblem(profile.modelPath, source)
        if (problem !== null) return err(problem)
      }
      return ok({ ...planned.value, modelBytes: await bytesOf(profile, source, context.env) })
    }
  }
}

/** Where a model is: in a folder of this machine, unseen in a container, in a repository, or nowhere. */
type Source =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'not-mounted' }
  | { readonly kind: 'repository' }
  | { readonly kind: 'none' }

function sourceOf({ modelPath, container }: Profile, homeDir: string): Source {
  if (!modelPath.startsWith('~/') && !isAbsolute(modelPath)) {
    return { kind: REPOSITORY.test(modelPath) ? 'repository' : 'none' }
  }
  if (container === null) return { kind: 'folder', folder: homeOf(modelPath, homeDir) }
  const mounted = mountedAt(modelPath, container.mounts)
  return mounted === null ? { kind: 'not-mounted' } : { kind: 'folder', folder: homeOf(mounted, homeDir) }
}

/** Why this cannot be a model of this machine or of Hugging Face; null: it may be one. */
async function sourceProblem(modelPath: string, source: Source): Promise<ContractError | null> {
  switch (source.kind) {
    case 'repository':
      return null
    case 'folder':
      return await folderProblem(source.folder)
    case 'none': {
      const message = `'${modelPath}' is no model: give a repository like owner/name, or a folder beginning with '/'.`
      return { code: 'model-invalid', message }
    }
    case 'not-mounted': {
      const message =
        `Nothing is mounted at ${modelPath} in the container. Mount the folder of the model there, ` +
        `or give its repository.`
      return { code: 'model-missing', message }
    }
    default:
      return assertNever(source)
  }
}

/** Of the weights where they are on this machine already; null while they are still to be fetched. */
async function bytesOf(
  { modelPath, container }: Profile,
  source: Source,
  env: NodeJS.ProcessEnv
): Promise<number | null> {
  if (source.kind === 'folder') return await weightBytes(source.folder)
  if (source.kind !== 'repository') return null
  const homeDir = env['HOME'] ?? '/'
  const caches =
    container === null
      ? [env['HF_HOME'] ?? join(homeDir, '.cache', 'huggingface')]
      : container.mounts.map(({ hostPath }) => homeOf(hostPath, homeDir))
  for (const cache of caches) {
    const snapshot = await cachedSnapshot(cache, modelPath)
    if (snapshot !== null) return await weightBytes(snapshot)
  }
  return null
}

async function folderProblem(folder: string): Promise<ContractError | null> {
  const found = await stat(folder).catch(() => null)
  if (found === null) {
    const message = `There is no folder ${folder}. Correct the model's path, or download the model first.`
    return { code: 'model-missing', message }
  }
  if (!found.isDirectory()) {
    const message = `${folder} is no folder. Give the folder that holds the model's ${CONFIG}.`
    return { code: 'model-invalid', message }
  }
  const config = await stat(join(folder, CONFIG)).catch(() => null)
  if (config !== null) return null
  const message = `${folder} holds no ${CONFIG}, so it is no model. Correct the path, or download the model again.`
  return { code: 'model-invalid', message }
}

/** The folder of this machine behind a path in the container; the innermost mount wins. */
function mountedAt(path: string, mounts: readonly Mount[]): string | null {
  const inside = (mount: Mount): boolean =>
    path === mount.containerPath || path.startsWith(`${mount.containerPath.replace(/\/$/, '')}/`)
  const [best] = mounts.filter(inside).toSorted((a, b) => b.containerPath.length - a.containerPath.length)
  return best === undefined ? null : join(best.hostPath, posix.relative(best.containerPath, path))
}

const homeOf = (path: string, homeDir: string): string =>
  path.startsWith('~/') ? join(homeDir, path.slice(2)) : path
