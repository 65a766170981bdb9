import type { EstimateMachine } from '../../model/estimate.ts'
import type { FieldProfile } from '../../model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../model/specs/index.ts'
import { hasOption, numberIn, optionIn } from './engine-options.ts'
import { defaultBatchedTokens } from './vllm-pool.ts'

const MIB = 1024 ** 2
/** vLLM's own, where a profile says none. */
const DEFAULT_UTILISATION = 0.9
const MAX_RANKS = 1024

/** What of a profile the memory depends on; arguments of its own come after the fields, and so count. */
export interface VllmSettings {
  readonly utilisation: number
  /** Bytes of the cache, set; null: what the share leaves. */
  readonly pinnedKvBytes: number | null
  /** Null: what the model allows. */
  readonly contextTokens: number | null
  readonly batchedTokens: number
  readonly cacheType: string
  readonly isEager: boolean
  readonly loadFormat: string
  /** 'fp8', 'bitsandbytes' …: of the weights, while they load; null: as they are. */
  readonly quantization: string | null
  readonly hasDraft: boolean
  /** Machines or GPUs that share the model. */
  readonly ranks: number
}

/** Of 0 and less, vLLM's own choice is taken. */
const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null)

export function vllmSettings(profile: FieldProfile, machine: EstimateMachine): VllmSettings {
  const args = listSetting(profile, 'extraArgs')
  const chosen = (key: string, names: readonly string[]): number | null =>
    positive(numberIn(args, names) ?? numberSetting(profile, key))
  const ranks = positive(numberIn(args, ['--tensor-parallel-size', '-tp'])) ?? 1
  return {
    utilisation: Math.min(
      1,
      chosen('gpuMemoryUtilization', ['--gpu-memory-utilization']) ?? DEFAULT_UTILISATION
    ),
    pinnedKvBytes:
      positive(numberIn(args, ['--kv-cache-memory-bytes', '--kv-cache-memory'])) ??
      positive(numberSetting(profile, 'kvCacheMemoryMiB') * MIB),
    contextTokens: chosen('maxModelLen', ['--max-model-len']),
    batchedTokens:
      chosen('maxNumBatchedTokens', ['--max-num-batched-tokens']) ??
      defaultBatchedTokens(machine.memTotalBytes),
    cacheType: optionIn(args, ['--kv-cache-dtype']) ?? textSetting(profile, 'kvCacheDtype'),
    isEager: hasOption(args, ['--enforce-eager']) || flagSetting(profile, 'enforceEager'),
    loadFormat: optionIn(args, ['--load-format']) ?? textSetting(profile, 'loadFormat'),
    quantization: optionIn(args, ['--quantization', '-q']),
    hasDraft: hasOption(args, ['--speculative-config', '--speculative-model', '-sc']),
    ranks: Math.min(MAX_RANKS, Math.max(1, Math.round(ranks)))
  }
}
