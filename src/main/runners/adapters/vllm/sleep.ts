import type { ContractError } from '../../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { FreeOperation } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange } from '../common/http.ts'
import { readMetrics } from '../common/prometheus.ts'

const RUNNING = 'vllm:num_requests_running'

/**
 * Sleep of level 2: weights and cache are dropped. Level 1 would copy the weights to host memory, which is the same
 * memory here: nothing gained, and for a moment twice as much taken. It is not offered.
 */
export const vllmSleep: FreeOperation = {
  frees: true,
  byItself: false,
  needsOption: '--enable-sleep-mode',
  text:
    "Puts it to sleep: weights and cache are given back. It must run with 'Sleep mode' on, and answers nobody " +
    'until it is stopped and started again. It is not woken, because waking has brought machines like this one down.',
  free: sleep
}

async function sleep(url: string, timeoutMs: number): Promise<Result<void, ContractError>> {
  const left = timeLeft(timeoutMs)
  const state = await exchange(new URL('/is_sleeping', url).href, left())
  if (state === null) return err({ code: 'timeout', message: 'vLLM does not answer. Stop it instead.' })
  if (state.status !== 200) {
    const message =
      "vLLM runs without sleep mode. Switch 'Sleep mode' on in its profile and start it again, or stop it."
    return err({ code: 'refused', message })
  }
  const metrics = await exchange(new URL('/metrics', url).href, left())
  const running =
    metrics?.status === 200 ? readMetrics(metrics.text, new Set([RUNNING])).get(RUNNING) : undefined
  if (running === undefined) {
    const message =
      'vLLM does not say whether it is answering a request: its metrics are missing. Try again, or stop it.'
    return err({ code: 'refused', message })
  }
  if (running > 0) {
    const message = `vLLM is answering ${running === 1 ? '1 request' : `${running} requests`}. Wait for them, or stop it.`
    return err({ code: 'refused', message })
  }
  const answer = await exchange(new URL('/sleep?level=2', url).href, left(), { method: 'POST' })
  if (answer !== null && answer.status === 200) return ok(undefined)
  const how = answer === null ? 'It did not answer in time' : `It answered with error ${answer.status}`
  return err({ code: 'runner-failed', message: `vLLM was not put to sleep. ${how}. Stop it instead.` })
}
