import { stat } from 'node:fs/promises'
import { isAbsolute, join, posix } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Mount, Profile } from '../../../../shared/model/runner.ts'
import type { PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { err } from '../../../../shared/util/result.ts'

/** 'owner/name' or 'name', as Hugging Face allows them. */
const REPOSITORY = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/
const CONFIG = 'config.json'

/** The same adapter, whose plan also looks whether a model in a folder is there; a repository may be fetched. */
export function withModelFolder(adapter: RunnerAdapter): RunnerAdapter {
  return {
    ...adapter,
    async plan(profile, context) {
      const planned = await adapter.plan(profile, context)
      if (!planned.ok || context.isPreview === true) return planned
      const problem = await modelProblem(profile, context)
      return problem === null ? planned : err(problem)
    }
  }
}

/** Why this cannot be a model of this machine or of Hugging Face; null: it may be one. */
async function modelProblem(
  { modelPath, container }: Profile,
  { env }: Pick<PlanContext, 'env'>
): Promise<ContractError | null> {
  const homeDir = env['HOME'] ?? '/'
  const isHere = modelPath.startsWith('~/') || isAbsolute(modelPath)
  if (!isHere) {
    if (REPOSITORY.test(modelPath)) return null
    const message = `'${modelPath}' is no model: give a repository like owner/name, or a folder beginning with '/'.`
    return { code: 'model-invalid', message }
  }
  if (container === null) return await folderProblem(homeOf(modelPath, homeDir))
  const mounted = mountedAt(modelPath, container.mounts)
  if (mounted !== null) return await folderProblem(homeOf(mounted, homeDir))
  const message =
    `Nothing is mounted at ${modelPath} in the container. Mount the folder of the model there, ` +
    `or give its repository.`
  return { code: 'model-missing', message }
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
