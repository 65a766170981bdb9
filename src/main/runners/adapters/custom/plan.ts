import { isAbsolute, join } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile, Profile } from '../../../../shared/model/runner.ts'
import { CUSTOM_SPEC } from '../../../../shared/model/specs/custom.ts'
import { listSetting, numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { LaunchPlan, PlanContext } from '../../supervisor/adapter.ts'
import { findProgram } from '../common/find-program.ts'
import {
  expandHome,
  folderProblem,
  inFolder,
  jobPlan,
  variablesOf,
  type JobCommand
} from '../common/job-plan.ts'
import { choosePort, loopbackUrl } from '../common/port.ts'

const ALL_ADDRESSES = '0.0.0.0'
const LOOPBACK = '127.0.0.1'

export async function planCustom(
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  if (profile.kind === 'llamacpp' || profile.kind !== CUSTOM_SPEC.kind)
    throw new Error(`a profile of ${profile.kind} given to custom`)
  const command = await checkedCommand(profile, context)
  if (!command.ok) return command
  if (textSetting(profile, 'ready') === 'running') return ok(jobPlan(profile, command.value))
  const path = textSetting(profile, 'readyPath')
  if (path !== '' && !/^\/[\w\-./~%?=&]*$/.test(path)) {
    const message = `The page that says it is ready begins with '/', like /health: ${path}`
    return err({ code: 'bad-request', message })
  }
  const port = await choosePort(numberSetting(profile, 'port'), CUSTOM_SPEC.defaultPort, context)
  if (!port.ok) return port
  const hostAddress = profile.lan ? ALL_ADDRESSES : LOOPBACK
  const host = profile.container === null ? hostAddress : ALL_ADDRESSES
  const filled = withListen(command.value, host, port.value)
  const plan = jobPlan(profile, filled)
  return ok({
    ...plan,
    // Inside it listens on the same number, so that one {port} is right in both places.
    container: plan.container === null ? null : { ...plan.container, containerPort: port.value, hostAddress },
    port: port.value,
    url: `${loopbackUrl(port.value)}${path}`
  })
}

async function checkedCommand(
  profile: FieldProfile,
  context: PlanContext
): Promise<Result<JobCommand, ContractError>> {
  const [file = '', ...args] = listSetting(profile, 'command')
  const env = variablesOf(listSetting(profile, 'env'))
  const given = textSetting(profile, 'folder')
  if (profile.container !== null)
    return ok(file === '' ? { file, args, env } : inFolder(given, { file, args, env }))
  if (file === '' && context.isPreview !== true) {
    const message = `${profile.label} has no command. Write the program and its arguments, one a line.`
    return err({ code: 'runner-missing', message })
  }
  const folder = expandHome(given, context.env)
  const problem = folder === '' ? null : await folderProblem(folder, 'The working folder')
  if (problem !== null && context.isPreview !== true) return err({ code: 'bad-request', message: problem })
  const found = await programAt(file, folder, context.env)
  if (!found.ok && context.isPreview !== true) return found
  return ok(inFolder(folder, { file: found.ok ? found.value : file, args, env }))
}

/** As a shell finds it: by its path, from the working folder, or by its name on PATH. */
function programAt(file: string, folder: string, env: NodeJS.ProcessEnv): ReturnType<typeof findProgram> {
  if (isAbsolute(file) || file.startsWith('~/')) return findProgram(file, [], env)
  if (file.includes('/'))
    return findProgram(join(folder === '' ? (env['HOME'] ?? '/') : folder, file), [], env)
  return findProgram('', [file], env)
}

/** {port} and {host} wherever they stand; servers that read PORT and HOST find them there, too. */
function withListen(command: JobCommand, host: string, port: number): JobCommand {
  const fill = (text: string): string => text.replaceAll('{port}', String(port)).replaceAll('{host}', host)
  const env = Object.entries(command.env).map(([name, value]) => [name, fill(value)])
  return {
    file: command.file,
    args: command.args.map(fill),
    env: { PORT: String(port), HOST: host, ...Object.fromEntries(env) }
  }
}
