import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { LlamaCppSettings } from '../../../../shared/model/runner.ts'

export const LLAMACPP_HOST = '127.0.0.1'
/**
 * Without an API key llama-server answers every web page the user visits (CORS default '*'); 'localhost' leaves its
 * own page and local tools. As environment, because builds before the option ignore it there and refuse the flag.
 */
export const LLAMA_SERVER_ENV: Readonly<Record<string, string>> = { LLAMA_ARG_CORS_ORIGINS: 'localhost' }

/** More layers than any model has; 'all' is not understood by older builds, and a build without a GPU ignores it. */
const ALL_LAYERS = 999

const NO_DOWNLOAD = 'Download the model first, then set its path in the profile.'
const NO_TLS = 'The server is reached on this machine alone, where Firebreak asks it without TLS.'

/** Options Firebreak must know the value of; given twice, the supervisor would watch the wrong place. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['--port', 'Set the port in the profile.'],
  ['-m', 'Set the model in the profile.'],
  ['--model', 'Set the model in the profile.'],
  ['--models-dir', 'Set the folder as the model of the profile.'],
  ['-mu', NO_DOWNLOAD],
  ['--model-url', NO_DOWNLOAD],
  ['-hf', NO_DOWNLOAD],
  ['-hfr', NO_DOWNLOAD],
  ['--hf-repo', NO_DOWNLOAD],
  ['-hff', NO_DOWNLOAD],
  ['--hf-file', NO_DOWNLOAD],
  ['--host', 'Say in the profile whether others in the network may use it.'],
  ['--api-prefix', 'Firebreak asks the server at its usual paths.'],
  ['--ssl-key-file', NO_TLS],
  ['--ssl-cert-file', NO_TLS]
])

/** What is served: one model's file, or all models in a folder, each in a process of its own. */
export type Served = 'model' | 'folder'

/**
 * llama-server's argv. What upstream would choose by itself and too large for a shared memory is always said:
 * slots, context, prompt cache, checkpoints. The user's own arguments come last and win. A router hands all of
 * them on to the processes of its models.
 */
export function llamaServerArgs(
  modelPath: string,
  port: number,
  settings: LlamaCppSettings,
  host: string = LLAMACPP_HOST,
  served: Served = 'model'
): readonly string[] {
  const { gpuLayers, parallelSlots, contextTokens, promptCacheMiB, contextCheckpoints, extraArgs } = settings
  return [
    served === 'model' ? '-m' : '--models-dir',
    modelPath,
    '--host',
    host,
    '--port',
    String(port),
    '-np',
    String(parallelSlots),
    '-c',
    String(contextTokens),
    '--cache-ram',
    String(promptCacheMiB),
    '--ctx-checkpoints',
    String(contextCheckpoints),
    '-ngl',
    String(gpuLayers < 0 ? ALL_LAYERS : gpuLayers),
    '--metrics',
    ...extraArgs
  ]
}

export function checkExtraArgs(extraArgs: readonly string[]): ContractError | null {
  for (const arg of extraArgs) {
    const advice = RESERVED.get(arg.split('=')[0] ?? arg)
    if (advice !== undefined) {
      return { code: 'bad-request', message: `'${arg}' cannot be among the extra arguments. ${advice}` }
    }
  }
  return null
}
