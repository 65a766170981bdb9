import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile, Profile } from '../../../../shared/model/runner.ts'
import { FINETUNE_SPEC } from '../../../../shared/model/specs/finetune.ts'
import { flagSetting, listSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { LaunchPlan, PlanContext } from '../../supervisor/adapter.ts'
import { newestWholeCheckpoint } from '../../training/checkpoint-files.ts'
import { checkpointPlace } from '../../training/checkpoint-place.ts'
import { findProgram } from '../common/find-program.ts'
import {
  expandHome,
  firstFile,
  folderProblem,
  inFolder,
  jobPlan,
  venvPrograms,
  type JobCommand
} from '../common/job-plan.ts'

/** Which program starts the script, and what stands between the two. */
const LAUNCHERS: Readonly<Record<string, { readonly program: string; readonly before: readonly string[] }>> =
  {
    python: { program: 'python3', before: [] },
    module: { program: 'python3', before: ['-m'] },
    torchrun: { program: 'torchrun', before: [] },
    accelerate: { program: 'accelerate', before: ['launch'] }
  }
/** Logs come line by line instead of by blocks of 8 KiB. */
const ENV = { PYTHONUNBUFFERED: '1' }

type Checked<T> = Result<T, ContractError>

/** A training script with its arguments, in its folder; it listens nowhere. */
export async function planFineTune(profile: Profile, context: PlanContext): Promise<Checked<LaunchPlan>> {
  if (profile.kind === 'llamacpp' || profile.kind !== FINETUNE_SPEC.kind)
    throw new Error(`a profile of ${profile.kind} given to finetune`)
  const problem = context.isPreview === true ? null : await problemOf(profile, context.env)
  if (problem !== null) return err(problem)
  const folder = folderOf(profile, context.env)
  const program = await programOf(profile, folder, context)
  if (!program.ok) return program
  const command = await commandOf(profile, program.value, context.env)
  return ok(jobPlan(profile, inFolder(folder, command)))
}

async function problemOf(profile: FieldProfile, env: NodeJS.ProcessEnv): Promise<ContractError | null> {
  const { label, modelPath, container } = profile
  const script = textSetting(profile, 'script')
  if (modelPath === '') {
    const message = `${label} names no base model. Give one, like ${FINETUNE_SPEC.model.placeholder}.`
    return { code: 'model-missing', message }
  }
  if (script === '') {
    return {
      code: 'runner-missing',
      message: `${label} names no script. Give the training script or program.`
    }
  }
  if (container !== null) return null
  const model = expandHome(modelPath, env)
  if (isAbsolute(model) && (await stat(model).catch(() => null)) === null) {
    return {
      code: 'model-missing',
      message: `There is no base model at ${model}. Download it, or correct the path.`
    }
  }
  const folder = folderOf(profile, env)
  const wrong = folder === '' ? null : await folderProblem(folder, 'The working folder')
  if (wrong !== null) return { code: 'bad-request', message: wrong }
  const launcher = textSetting(profile, 'launcher')
  if (launcher === 'module' || launcher === 'program') return null
  const path = scriptPath(expandHome(script, env), folder, env)
  return (await firstFile([path])) === null
    ? {
        code: 'runner-missing',
        message: `There is no training script ${path}. Correct its path or the working folder.`
      }
    : null
}

const folderOf = (profile: FieldProfile, env: NodeJS.ProcessEnv): string => {
  const folder = textSetting(profile, 'folder')
  return profile.container === null ? expandHome(folder, env) : folder
}

const scriptPath = (script: string, folder: string, env: NodeJS.ProcessEnv): string =>
  isAbsolute(script) ? script : join(folder === '' ? (env['HOME'] ?? '/') : folder, script)

/** By its path, from a venv in the working folder, or on PATH; in a container by its name there. */
async function programOf(
  profile: FieldProfile,
  folder: string,
  { env, isPreview }: PlanContext
): Promise<Checked<string>> {
  const given = textSetting(profile, 'binary')
  const script = textSetting(profile, 'script')
  const name = LAUNCHERS[textSetting(profile, 'launcher')]?.program ?? script
  if (profile.container !== null) return ok(given === '' ? name : given)
  const path = given === '' && name.includes('/') ? scriptPath(expandHome(name, env), folder, env) : given
  const inVenv = path === '' && folder !== '' ? await firstFile(venvPrograms(folder, name)) : null
  const found = await findProgram(inVenv ?? path, [name], env)
  return found.ok || isPreview !== true ? found : ok(path === '' ? name : path)
}

async function commandOf(profile: FieldProfile, file: string, env: NodeJS.ProcessEnv): Promise<JobCommand> {
  const isNative = profile.container === null
  const own = (path: string): string => (isNative ? expandHome(path, env) : path)
  const launcher = LAUNCHERS[textSetting(profile, 'launcher')]
  const script = own(textSetting(profile, 'script'))
  const output = own(textSetting(profile, 'outputDir'))
  const fill = (text: string): string =>
    text.replaceAll('{model}', own(profile.modelPath)).replaceAll('{output}', output)
  return {
    file,
    args: [
      ...(launcher === undefined ? [] : [...launcher.before, script]),
      ...listSetting(profile, 'extraArgs').map(fill),
      ...(await resumeArgs(profile, output, env)).map(fill)
    ],
    env: ENV
  }
}

/** Empty where there is no checkpoint yet: it then begins anew. */
async function resumeArgs(
  profile: FieldProfile,
  output: string,
  env: NodeJS.ProcessEnv
): Promise<readonly string[]> {
  if (!flagSetting(profile, 'resume')) return []
  const folder = checkpointPlace(profile, env['HOME'] ?? '/')?.folder ?? null
  const last = folder === null ? null : await newestWholeCheckpoint(folder)
  if (folder === null || last === null) return []
  // As the job sees it: in a container the same checkpoint has another path.
  const seen = `${output.replace(/\/+$/, '')}${last.slice(folder.replace(/\/+$/, '').length)}`
  return listSetting(profile, 'resumeArgs').map((text) => text.replaceAll('{checkpoint}', seen))
}
