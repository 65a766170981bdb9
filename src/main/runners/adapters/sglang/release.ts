import type { ContractError } from '../../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { FreeOperation } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, fetchJson, member } from '../common/http.ts'
import { readMetrics } from '../common/prometheus.ts'

const RUNNING = 'sglang:num_running_reqs'
const WAITING = 'sglang:num_queue_reqs'
/** The newer name first; the older one goes on for a while. */
const INFO_PATHS = ['/server_info', '/get_server_info']

/** Release of weights and cache, which SGLang does only with its memory saver and while it has nothing to do. */
export const sglangRelease: FreeOperation = {
  frees: true,
  byItself: false,
  needsOption: '--enable-memory-saver',
  text:
    "Gives weights and cache back. It must run with 'Memory saver' on and have nothing to do, and answers nobody " +
    'until it is stopped and started again.',
  free: release
}

async function release(url: string, timeoutMs: number): Promise<Result<void, ContractError>> {
  const left = timeLeft(timeoutMs)
  for (const path of INFO_PATHS) {
    const info = await fetchJson(new URL(path, url).href, left())
    if (info === null) continue
    if (member(info, 'enable_memory_saver') === false) {
      const message =
        "SGLang runs without its memory saver. Switch 'Memory saver' on in its profile and start it again, or stop it."
      return err({ code: 'refused', message })
    }
    break
  }
  const metrics = await exchange(new URL('/metrics', url).href, left())
  const figures = readMetrics(metrics?.status === 200 ? metrics.text : '', new Set([RUNNING, WAITING]))
  const running = figures.get(RUNNING)
  const waiting = figures.get(WAITING)
  if (running === undefined || waiting === undefined) {
    const message =
      'SGLang does not say whether it has requests: its metrics are missing. Try again, or stop it.'
    return err({ code: 'refused', message })
  }
  const requests = running + waiting
  if (requests > 0) {
    const message = `SGLang has ${requests === 1 ? '1 request' : `${requests} requests`}. Wait for them, or stop it.`
    return err({ code: 'refused', message })
  }
  const answer = await exchange(new URL('/release_memory_occupation', url).href, left(), {
    method: 'POST',
    body: { tags: ['kv_cache', 'weights'] }
  })
  if (answer !== null && answer.status === 200) return ok(undefined)
  const how = answer === null ? 'It did not answer in time' : `It answered with error ${answer.status}`
  return err({ code: 'runner-failed', message: `SGLang gave nothing back. ${how}. Stop it instead.` })
}
