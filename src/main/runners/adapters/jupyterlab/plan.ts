import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Profile } from '../../../../shared/model/runner.ts'
import { JUPYTERLAB_SPEC } from '../../../../shared/model/specs/jupyterlab.ts'
import { textSetting } from '../../../../shared/model/specs/index.ts'
import { err, type Result } from '../../../../shared/util/result.ts'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { expandHome, firstFile, folderProblem } from '../common/job-plan.ts'

/** Checks the folder and the token's file of a program of this machine; a container has files of its own. */
export async function planJupyter(
  base: RunnerAdapter,
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  if (profile.kind === 'llamacpp' || profile.kind !== JUPYTERLAB_SPEC.kind || profile.container !== null)
    return base.plan(profile, context)
  const folder = expandHome(textSetting(profile, 'folder') || '~', context.env)
  const tokenFile = expandHome(textSetting(profile, 'tokenFile'), context.env)
  if (context.isPreview !== true) {
    const problem = await folderProblem(folder, "JupyterLab's notebooks")
    if (problem !== null) return err({ code: 'bad-request', message: problem })
    // Without its file it would start with no token at all, and let everyone in.
    if (tokenFile !== '' && (await firstFile([tokenFile])) === null) {
      const message = `There is no file ${tokenFile} with a token for JupyterLab. Write one there, or leave it empty.`
      return err({ code: 'bad-request', message })
    }
  }
  return base.plan({ ...profile, settings: { ...profile.settings, folder, tokenFile } }, context)
}
