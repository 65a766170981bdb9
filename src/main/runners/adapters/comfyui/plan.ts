import { join } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Installation, Profile } from '../../../../shared/model/runner.ts'
import { COMFYUI_SPEC } from '../../../../shared/model/specs/comfyui.ts'
import { textSetting } from '../../../../shared/model/specs/index.ts'
import { err, type Result } from '../../../../shared/util/result.ts'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { expandHome, firstFile, folderProblem, venvPrograms } from '../common/job-plan.ts'

const USUAL_FOLDER = '~/ComfyUI'

/** Checks its folder, and takes the Python of the virtual environment in it where the profile names none. */
export async function planComfy(
  base: RunnerAdapter,
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  if (profile.kind === 'llamacpp' || profile.kind !== COMFYUI_SPEC.kind || profile.container !== null)
    return base.plan(profile, context)
  const folder = expandHome(textSetting(profile, 'folder'), context.env)
  const problem = await problemOf(folder)
  if (problem !== null && context.isPreview !== true) return err({ code: 'runner-missing', message: problem })
  const python = textSetting(profile, 'binary') || (await pythonOf(folder))
  const settings = { ...profile.settings, folder, binary: python }
  return base.plan({ ...profile, settings }, context)
}

/** Whether the usual folder holds it; a profile may name another. */
export async function installedComfy({ env }: Pick<PlanContext, 'env'>): Promise<Omit<Installation, 'kind'>> {
  const folder = expandHome(USUAL_FOLDER, env)
  const problem = await problemOf(folder)
  return { path: problem === null ? join(folder, 'main.py') : null, problem }
}

async function problemOf(folder: string): Promise<string | null> {
  const problem = await folderProblem(folder, "ComfyUI's folder")
  if (problem !== null) return problem
  return (await firstFile([join(folder, 'main.py')])) === null
    ? `There is no main.py in ${folder}: ComfyUI is not there. Set it up, or give its folder.`
    : null
}

const pythonOf = async (folder: string): Promise<string> =>
  (await firstFile([...venvPrograms(folder, 'python'), `${folder}-env/bin/python`])) ?? ''
