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

/** Options Firebreak must know the value of; given twice, the supervisor would watch the wrong place. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['--port', 'Set the port in the profile.'],
  ['-m', 'Set the model in the profile.'],
  ['--model', 'Set the model in the profile.']
])

/**
 * llama-server's argv. What upstream would choose by itself and too large for a shared memory is always said:
 * slots, context, prompt cache, checkpoints. The user's own arguments come last and win.
 */
export function llamaServerArgs(
  modelPath: string,
  port: number,
  settings: LlamaCppSettings
): readonly string[] {
  const { gpuLayers, parallelSlots, contextTokens, promptCacheMiB, contextCheckpoints, extraArgs } = settings
  return [
    '-m',
    modelPath,
    '--host',
    LLAMACPP_HOST,
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
