import { defaultBatchedTokens, vllmKvPool } from '../../src/shared/domain/estimator/vllm-pool.ts'
import { round } from '../harness.ts'
import type { Judged } from './judged.ts'
import { figure, percentWhere, sizeOf, textOf } from './rows.ts'

const GIB = 1024 ** 3
const TOLERANCE_GIB = 2
/** cudaMemGetInfo's total of a GB10: 119.63 to 121.69 GiB were seen, and the logs do not say which. */
const GB10_TOTAL_GIB = (119.63 + 121.69) / 2

/** The size of the KV pool that vLLM said it had left, against what the product's formula leaves it. */
export function judgeVllm(rows: readonly unknown[]): Judged {
  const judged = rows.flatMap((row) => {
    const utilisation = sizeOf(row, 'gpu_memory_utilization')
    const weights = sizeOf(row, 'model_loading_GiB')
    const kv = sizeOf(row, 'available_kv_GiB')
    const isGb10 = /\bGB10\b|DGX Spark/i.test(textOf(row, 'device') ?? '')
    if (utilisation === null || weights === null || kv === null || !isGb10) return []
    const totalBytes = GB10_TOTAL_GIB * GIB
    const batchedTokens = sizeOf(row, 'max_num_batched_tokens') ?? defaultBatchedTokens(totalBytes)
    const pool = vllmKvPool({ totalBytes, utilisation, weightsBytes: weights * GIB, batchedTokens }) / GIB
    return [{ model: textOf(row, 'model') ?? '', batchedTokens, kv, pool, errorGib: pool - kv }]
  })
  return {
    figures: {
      vllm_rows: judged.length,
      vllm_kv_within_2_gib_percent: figure(
        percentWhere(judged, ({ errorGib }) => Math.abs(errorGib) <= TOLERANCE_GIB),
        1
      )
    },
    rows: judged.map(({ model, batchedTokens, kv, pool, errorGib }) => ({
      file: 'vllm-logs',
      case: model,
      batched_tokens: batchedTokens,
      true_gib: kv,
      estimated_gib: round(pool, 2),
      error_gib: round(errorGib, 2)
    })),
    notJudged: rows.length - judged.length,
    unknown: 0
  }
}
