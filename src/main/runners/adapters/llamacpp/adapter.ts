import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Installation, Profile } from '../../../../shared/model/runner.ts'
import { assertNever } from '../../../../shared/util/assert-never.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { checkModelFile } from '../../../models/model-file.ts'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { checkExtraArgs, LLAMA_SERVER_ENV, LLAMACPP_HOST, llamaServerArgs } from './args.ts'
import { explainLlamaExit } from './explain-exit.ts'
import { findLlamaServer } from './find-binary.ts'
import { probeHealth } from './probe.ts'

/** llama-server's own default for years; scripts and editors expect it. */
const DEFAULT_PORT = 8080
const LAST_PORT = 65_535

/** llama.cpp's llama-server with one model. */
export const llamaCppAdapter: RunnerAdapter = {
  kind: 'llamacpp',
  defaultPort: DEFAULT_PORT,
  plan: planLlamaServer,
  installed,
  addressOf,
  probe: probeHealth,
  explainExit: explainLlamaExit
}

async function planLlamaServer(
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  const { modelPath, settings } = profile
  const badArgs = checkExtraArgs(settings.extraArgs)
  if (badArgs !== null) return err(badArgs)
  const binary = await findLlamaServer([settings.binary, context.settings.llamacpp.binary], context.env)
  const model = await checkModelFile(modelPath)
  if (!binary.ok) {
    // Both at once, so that a newcomer mends both at once.
    const { message } = binary.error
    return model.ok ? binary : err({ ...binary.error, message: `${message} And: ${model.error.message}` })
  }
  if (!model.ok) {
    const code = model.error.kind === 'missing' ? 'model-missing' : 'model-invalid'
    return err({ code, message: model.error.message })
  }
  const port = await choosePort(settings.port, context)
  if (!port.ok) return port
  return ok({
    file: binary.value,
    args: llamaServerArgs(modelPath, port.value, settings),
    env: LLAMA_SERVER_ENV,
    port: port.value,
    url: urlOf(port.value),
    modelBytes: model.value.totalBytes
  })
}

async function choosePort(wanted: number, context: PlanContext): Promise<Result<number, ContractError>> {
  if (wanted === 0) return ok(await context.firstFreePort(DEFAULT_PORT))
  const state = await context.portState(wanted)
  switch (state.kind) {
    case 'free':
      return ok(wanted)
    case 'taken':
      return err({
        code: 'port-in-use',
        message: `Port ${wanted} is in use by ${state.by}. Choose another port, or 0 for the first free one.`
      })
    case 'forbidden':
      return err({
        code: 'refused',
        message: `Port ${wanted} may not be opened: ports below 1024 need root. Choose a higher one, or 0 for the first free one.`
      })
    default:
      return assertNever(state)
  }
}

async function installed({
  settings,
  env
}: Pick<PlanContext, 'settings' | 'env'>): Promise<Omit<Installation, 'kind'>> {
  const found = await findLlamaServer([settings.llamacpp.binary], env)
  return found.ok ? { path: found.value, problem: null } : { path: null, problem: found.error.message }
}

/** From the '--port' that every launch carries. */
function addressOf(commandLine: readonly string[]): { readonly port: number; readonly url: string } | null {
  const at = commandLine.indexOf('--port')
  const port = at < 0 ? Number.NaN : Number(commandLine[at + 1])
  if (!Number.isInteger(port) || port < 1 || port > LAST_PORT) return null
  return { port, url: urlOf(port) }
}

const urlOf = (port: number): string => `http://${LLAMACPP_HOST}:${port}`
