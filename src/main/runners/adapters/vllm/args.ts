import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { LISTEN_OPTIONS, optionsOf, refuseOptions, variablesFrom } from '../common/extra-args.ts'
import type { Command, Listen } from '../common/field-adapter.ts'

const NO_TLS = 'Firebreak asks the server on this machine, without TLS.'
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...LISTEN_OPTIONS,
  ['--model', 'Set the model in the profile.'],
  ['--uds', 'Firebreak asks the server at its port.'],
  ['--root-path', 'Firebreak asks the server at its usual paths.'],
  ['--ssl-keyfile', NO_TLS],
  ['--ssl-certfile', NO_TLS]
])
/** Opens /sleep and /is_sleeping; these ignore an API key, so it is set only with sleep mode and never for a network. */
const DEV_MODE = { VLLM_SERVER_DEV_MODE: '1' }
/** Ray ends workers while a model loads, for it counts shared memory as theirs; Firebreak watches the memory itself. */
const NO_RAY_MONITOR = { RAY_memory_monitor_refresh_ms: '0' }
const MIB = 1024 ** 2

/** 'serve MODEL …', the same in a container. What vLLM would choose too large for a shared memory is always said. */
export function vllmCommand(profile: FieldProfile, listen: Listen): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, REFUSED)
  if (refused !== null) return err(refused)
  const env = variablesFrom(listSetting(profile, 'env'))
  if (!env.ok) return env
  const sleeps = flagSetting(profile, 'enableSleepMode')
  if (sleeps && profile.lan) {
    const message =
      'Sleep mode opens pages that anybody may call who reaches the server. Switch it off, or keep the server off the network.'
    return err({ code: 'refused', message })
  }
  const kvCacheDtype = textSetting(profile, 'kvCacheDtype')
  const loadFormat = textSetting(profile, 'loadFormat')
  const args = [
    'serve',
    profile.modelPath,
    '--host',
    listen.host,
    '--port',
    String(listen.port),
    ...optionsOf({
      '--gpu-memory-utilization': numberSetting(profile, 'gpuMemoryUtilization'),
      '--max-model-len': numberSetting(profile, 'maxModelLen'),
      '--max-num-seqs': numberSetting(profile, 'maxNumSeqs'),
      '--kv-cache-dtype': kvCacheDtype === 'auto' ? '' : kvCacheDtype,
      '--kv-cache-memory-bytes': numberSetting(profile, 'kvCacheMemoryMiB') * MIB,
      '--load-format': loadFormat === 'auto' ? '' : loadFormat,
      '--enable-sleep-mode': sleeps,
      '--enforce-eager': flagSetting(profile, 'enforceEager'),
      '--max-num-batched-tokens': numberSetting(profile, 'maxNumBatchedTokens'),
      '--served-model-name': textSetting(profile, 'servedModelName'),
      '--trust-remote-code': flagSetting(profile, 'trustRemoteCode')
    }),
    ...extraArgs
  ]
  return ok({ args, env: { ...NO_RAY_MONITOR, ...(sleeps ? DEV_MODE : {}), ...env.value } })
}
