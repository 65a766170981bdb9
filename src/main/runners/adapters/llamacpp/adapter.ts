import type { Installation } from '../../../../shared/model/runner.ts'
import { LLAMACPP_SPEC } from '../../../../shared/model/specs/llamacpp.ts'
import type { PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { loopbackUrl, optionValue, portOf } from '../common/port.ts'
import { activityOf } from './activity.ts'
import { explainLlamaExit } from './explain-exit.ts'
import { findLlamaServer } from './find-binary.ts'
import { planLlamaServer } from './plan.ts'
import { probeHealth } from './probe.ts'
import { proveLlama } from './prove.ts'
import { recogniseLlama } from './recognise.ts'
import { routerFree, routerModels } from './router.ts'
import { SET_UP } from './set-up.ts'

/** llama.cpp's llama-server: with one model, or as the router of a folder of them. */
export const llamaCppAdapter: RunnerAdapter = {
  kind: 'llamacpp',
  defaultPort: LLAMACPP_SPEC.defaultPort,
  plan: planLlamaServer,
  installed,
  addressOf,
  probe: probeHealth,
  explainExit: explainLlamaExit,
  recognise: recogniseLlama,
  prove: proveLlama,
  activity: activityOf,
  // Its log tells of no share; the bytes in memory do.
  loadedShare: () => null,
  free: routerFree,
  models: routerModels,
  setUp: SET_UP
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
