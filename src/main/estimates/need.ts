import type { ServerNeed } from '../../shared/domain/admission/ways-out.ts'
import { sglangNeed } from '../../shared/domain/estimator/sglang.ts'
import type { EstimateRequest } from '../../shared/domain/estimator/types.ts'
import { vllmNeed } from '../../shared/domain/estimator/vllm.ts'

/** What a server really needs that takes a share of memory whatever it needs; null: not known, or no such kind. */
export function needOf(request: EstimateRequest): ServerNeed | null {
  switch (request.profile.kind) {
    case 'vllm':
      return vllmNeed(request)
    case 'sglang':
      return sglangNeed(request)
    default:
      return null
  }
}
