import type { ServerNeed } from '../../shared/domain/admission/ways-out.ts'
import {
  cacheElementBytes,
  configOf,
  kvCostOf,
  loadedWeights
} from '../../shared/domain/estimator/served-model.ts'
import { sglangNeed } from '../../shared/domain/estimator/sglang.ts'
import { estimateTrtllm } from '../../shared/domain/estimator/trtllm.ts'
import type { EstimateRequest } from '../../shared/domain/estimator/types.ts'
import { vllmNeed } from '../../shared/domain/estimator/vllm.ts'
import { numberSetting } from '../../shared/model/specs/index.ts'

/** What a server really needs that takes a share of memory whatever it needs; null: not known, or no such kind. */
export function needOf(request: EstimateRequest): ServerNeed | null {
  switch (request.profile.kind) {
    case 'vllm': {
      const need = vllmNeed(request)
      return need === null ? null : { ...need, leastShare: need.utilisation }
    }
    case 'sglang': {
      const need = sglangNeed(request)
      return need === null ? null : { ...need, leastShare: need.fraction }
    }
    case 'trtllm':
      return trtllmNeed(request)
    default:
      return null
  }
}

/** Its share is of what weights and workspace leave, and has to hold the cache of one request of the longest context. */
function trtllmNeed(request: EstimateRequest): ServerNeed | null {
  const { profile, facts, machine } = request
  if (facts === null || profile.kind === 'llamacpp') return null
  const config = configOf(facts)
  const kv = kvCostOf(config, cacheElementBytes('auto', config))
  const contextTokens = numberSetting(profile, 'maxSeqLen') || (config?.maxPositions ?? 0)
  if (kv === null || contextTokens === 0) return null
  const cacheBytes = kv.bytesPerToken * contextTokens + kv.windowBytes
  const workspace = estimateTrtllm(request).parts.find(({ id }) => id === 'compute-device')
  const besideBytes = loadedWeights(facts).expectedBytes + (workspace?.expectedBytes ?? 0)
  const leftBytes = machine.memAvailableBytes - besideBytes
  return {
    neededBytes: besideBytes + cacheBytes,
    cacheBytes,
    leastShare: leftBytes > 0 ? cacheBytes / leftBytes : Number.POSITIVE_INFINITY
  }
}
