import type { Reading } from '../../../../shared/model/reading.ts'
import type { RunnerActivity } from '../../../../shared/model/runner.ts'
import { fetchJson, member } from '../common/http.ts'
import { isBusy } from '../common/metrics-activity.ts'

/**
 * What trtllm-serve does now; null where it says nothing.
 *
 * GET /metrics gives one JSON object for each step of the engine since the page was last read, and an empty list
 * where it made none or its 'enable_iter_perf_stats' is off: which of the two cannot be told, so neither is idle.
 */
export async function trtllmActivity(
  url: string,
  timeoutMs: number
): Promise<Omit<RunnerActivity, 'idleSinceMs'> | null> {
  const steps = await fetchJson(new URL('/metrics', url).href, timeoutMs)
  if (!Array.isArray(steps) || steps.length === 0) return null
  const last: unknown = steps.at(-1)
  const requestsRunning = count(last, 'numActiveRequests')
  const requestsWaiting = count(last, 'numQueuedRequests')
  const busy = isBusy(requestsRunning, requestsWaiting)
  if (requestsRunning === 'unknown' && requestsWaiting === 'unknown') return null
  return { busy, requestsRunning, requestsWaiting, tokensPerS: busy === false ? 0 : tokensPerS(steps) }
}

/** Each request that generates makes a token in each step, or as many as the step says it made on average. */
function tokensPerS(steps: readonly unknown[]): Reading {
  let tokens = 0
  let ms = 0
  for (const step of steps) {
    const batch = member(step, 'inflightBatchingStats')
    const generating = count(batch, 'numGenRequests')
    const latencyMs = count(step, 'iterLatencyMS')
    if (typeof generating !== 'number' || typeof latencyMs !== 'number') continue
    const each = count(batch, 'avgNumDecodedTokensPerIter')
    tokens += generating * (typeof each === 'number' && each > 0 ? each : 1)
    ms += latencyMs
  }
  return ms > 0 ? (tokens * 1000) / ms : 'unknown'
}

function count(value: unknown, key: string): Reading {
  const figure = member(value, key)
  return typeof figure === 'number' && Number.isFinite(figure) && figure >= 0 ? figure : 'unknown'
}
