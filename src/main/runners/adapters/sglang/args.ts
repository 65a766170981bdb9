import { basename } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { LISTEN_OPTIONS, optionsOf, refuseOptions, variablesFrom } from '../common/extra-args.ts'
import type { Command, Listen } from '../common/field-adapter.ts'

const THE_MODEL = 'Set the model in the profile.'
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...LISTEN_OPTIONS,
  ['--model', THE_MODEL],
  ['--model-path', THE_MODEL],
  ['--ssl-keyfile', 'Firebreak asks the server on this machine, without TLS.']
])

/**
 * The server's options after 'sglang serve', or after 'python3 -m sglang.launch_server' in a container and where the
 * profile's program is a Python. '--enable-metrics' is always there: without it nobody can see what it does.
 */
export function sglangCommand(
  profile: FieldProfile,
  listen: Listen,
  isContainer: boolean
): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, REFUSED)
  if (refused !== null) return err(refused)
  const env = variablesFrom(listSetting(profile, 'env'))
  if (!env.ok) return env
  const isPython = isContainer || basename(textSetting(profile, 'binary')).startsWith('python')
  const kvCacheDtype = textSetting(profile, 'kvCacheDtype')
  const args = [
    ...(isPython ? ['-m', 'sglang.launch_server'] : ['serve']),
    '--model-path',
    profile.modelPath,
    '--host',
    listen.host,
    '--port',
    String(listen.port),
    '--enable-metrics',
    ...optionsOf({
      '--mem-fraction-static': numberSetting(profile, 'memFractionStatic'),
      '--context-length': numberSetting(profile, 'contextLength'),
      '--max-running-requests': numberSetting(profile, 'maxRunningRequests'),
      '--kv-cache-dtype': kvCacheDtype === 'auto' ? '' : kvCacheDtype,
      '--attention-backend': textSetting(profile, 'attentionBackend'),
      '--chunked-prefill-size': numberSetting(profile, 'chunkedPrefillSize'),
      '--enable-memory-saver': flagSetting(profile, 'enableMemorySaver'),
      '--disable-cuda-graph': flagSetting(profile, 'disableCudaGraph'),
      '--served-model-name': textSetting(profile, 'servedModelName'),
      '--trust-remote-code': flagSetting(profile, 'trustRemoteCode')
    }),
    ...extraArgs
  ]
  return ok({ args, env: env.value })
}
