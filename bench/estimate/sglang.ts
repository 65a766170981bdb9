import { sglangPool } from '../../src/shared/domain/estimator/sglang.ts'
import { round } from '../harness.ts'
import type { Judged } from './judged.ts'
import { figure, percentWhere, sizeOf, textOf } from './rows.ts'

const TOLERANCE_GB = 2

/** What SGLang's pool took (available before − weights − available after it), against the product's formula. */
export function judgeSglang(rows: readonly unknown[]): Judged {
  const judged = rows.flatMap((row) => {
    const before = sizeOf(row, 'avail_before_weights_GB')
    const weights = sizeOf(row, 'weights_GB')
    const after = sizeOf(row, 'avail_after_pool_GB')
    const fraction = sizeOf(row, 'mem_fraction_static')
    if (before === null || weights === null || after === null || fraction === null) return []
    // The formula is linear, so it holds in any unit.
    const pool = sglangPool({ availableBeforeBytes: before, fraction, weightsBytes: weights })
    const truth = before - weights - after
    return [{ cache: textOf(row, 'kv_cache_dtype') ?? '', fraction, truth, pool, errorGb: pool - truth }]
  })
  return {
    figures: {
      sglang_rows: judged.length,
      sglang_pool_within_2_gb_percent: figure(
        percentWhere(judged, ({ errorGb }) => Math.abs(errorGb) <= TOLERANCE_GB),
        1
      )
    },
    rows: judged.map(({ cache, fraction, truth, pool, errorGb }) => ({
      file: 'sglang-logs',
      case: `${cache}, ${fraction}`,
      true_gb: round(truth, 2),
      estimated_gb: round(pool, 2),
      error_gb: round(errorGb, 2)
    })),
    notJudged: rows.length - judged.length,
    unknown: 0
  }
}
