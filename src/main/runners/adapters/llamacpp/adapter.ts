import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Profile } from '../../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { checkModelFile } from '../../../models/model-file.ts'
import type { LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { checkExtraArgs, LLAMA_SERVER_ENV, LLAMACPP_HOST, llamaServerArgs } from './args.ts'
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
  const binary = findLlamaServer([settings.binary, context.settings.llamacpp.binary], context.env)
  if (!binary.ok) return binary
  const model = await checkModelFile(modelPath)
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
    url: `http://${LLAMACPP_HOST}:${port.value}`,
    modelBytes: model.value.totalBytes
  })
}

async function choosePort(wanted: number, context: PlanContext): Promise<Result<number, ContractError>> {
  if (wanted === 0) return ok(await context.firstFreePort(DEFAULT_PORT))
  const owner = await context.portOwner(wanted)
  if (owner === null) return ok(wanted)
  return err({
    code: 'port-in-use',
    message: `Port ${wanted} is in use by ${owner}. Choose another port, or 0 for the first free one.`
  })
}
