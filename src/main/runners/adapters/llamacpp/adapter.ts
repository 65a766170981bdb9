import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Installation, Profile } from '../../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { checkModelFile } from '../../../models/model-file.ts'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { choosePort, loopbackUrl, optionValue, portOf } from '../common/port.ts'
import { checkExtraArgs, LLAMA_SERVER_ENV, llamaServerArgs } from './args.ts'
import { explainLlamaExit } from './explain-exit.ts'
import { findLlamaServer } from './find-binary.ts'
import { probeHealth } from './probe.ts'

/** llama-server's own default for years; scripts and editors expect it. */
const DEFAULT_PORT = 8080

/** llama.cpp's llama-server with one model. */
export const llamaCppAdapter: RunnerAdapter = {
  kind: 'llamacpp',
  defaultPort: DEFAULT_PORT,
  plan: planLlamaServer,
  installed,
  addressOf,
  probe: probeHealth,
  explainExit: explainLlamaExit,
  recognise: () => null,
  prove: async () => ({ works: true, text: 'It answers.' }),
  activity: async () => null,
  loadedShare: () => null,
  free: null,
  models: null,
  setUp: []
}

async function planLlamaServer(
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  if (profile.kind !== 'llamacpp') throw new Error(`not a llama.cpp profile: ${profile.kind}`)
  const { modelPath, settings } = profile
  const badArgs = checkExtraArgs(settings.extraArgs)
  if (badArgs !== null) return err(badArgs)
  const binary = await findLlamaServer([settings.binary, context.settings.llamacpp.binary], context.env)
  const model = await checkModelFile(modelPath)
  const isPreview = context.isPreview === true
  if (!binary.ok && !isPreview) {
    // Both at once, so that a newcomer mends both at once.
    const { message } = binary.error
    return model.ok ? binary : err({ ...binary.error, message: `${message} And: ${model.error.message}` })
  }
  if (!model.ok && !isPreview) {
    const code = model.error.kind === 'missing' ? 'model-missing' : 'model-invalid'
    return err({ code, message: model.error.message })
  }
  const port = await choosePort(settings.port, DEFAULT_PORT, context)
  if (!port.ok) return port
  return ok({
    file: binary.ok ? binary.value : 'llama-server',
    container: null,
    args: llamaServerArgs(modelPath, port.value, settings),
    env: LLAMA_SERVER_ENV,
    port: port.value,
    url: loopbackUrl(port.value),
    modelBytes: model.ok ? model.value.totalBytes : null
  })
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
  const port = portOf(optionValue(commandLine, ['--port']))
  return port === null ? null : { port, url: loopbackUrl(port) }
}
