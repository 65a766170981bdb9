import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { LISTEN_OPTIONS, optionsOf, refuseOptions, variablesFrom } from '../common/extra-args.ts'
import type { Command, Listen } from '../common/field-adapter.ts'

const REFUSED: ReadonlyMap<string, string> = new Map([
  ...LISTEN_OPTIONS,
  ['--grpc', 'Firebreak asks the server over HTTP.']
])

/** 'MODEL …', the same in a container; 'serve' is the default command and older versions do not know the word. */
export function trtllmCommand(profile: FieldProfile, listen: Listen): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, REFUSED)
  if (refused !== null) return err(refused)
  const env = variablesFrom(listSetting(profile, 'env'))
  if (!env.ok) return env
  const args = [
    profile.modelPath,
    '--host',
    listen.host,
    '--port',
    String(listen.port),
    ...optionsOf({
      // Newer versions say '--free_gpu_memory_fraction' and go on to know this one.
      '--kv_cache_free_gpu_memory_fraction': numberSetting(profile, 'freeGpuMemoryFraction'),
      '--max_seq_len': numberSetting(profile, 'maxSeqLen'),
      '--max_batch_size': numberSetting(profile, 'maxBatchSize'),
      '--max_num_tokens': numberSetting(profile, 'maxNumTokens'),
      '--backend': textSetting(profile, 'backend'),
      '--extra_llm_api_options': textSetting(profile, 'optionsFile'),
      '--trust_remote_code': flagSetting(profile, 'trustRemoteCode')
    }),
    ...extraArgs
  ]
  return ok({ args, env: env.value })
}
