import type { Routes } from './http-stand-in.ts'
import { openAiRoutes, type Behaviour } from './openai-routes.ts'

/**
 * STAND-IN for a NIM of a language model, from its published interface: docs.nvidia.com/nim/large-language-models/latest
 * (/v1/health/ready, /v1/metrics with these names). It is a container in life, so it is never started as a program.
 */
export function nimRoutes(
  model: string,
  behaviour: Behaviour & { readonly isLoading?: boolean; readonly tokensPerLook?: number } = {}
): Routes {
  const counts = { tokens: 3 }
  const labels = `{model_name="${model}"}`
  return {
    ...openAiRoutes(model, behaviour, counts),
    'GET /v1/health/ready': () =>
      behaviour.isLoading === true
        ? [503, { object: 'health.response.not-ready', message: 'Service is not ready.' }]
        : [200, { object: 'health.response', message: 'Service is ready.' }],
    'GET /v1/metrics': () => {
      counts.tokens += behaviour.tokensPerLook ?? 0
      return [
        200,
        `num_requests_running${labels} ${behaviour.running ?? 0}.0\nnum_requests_waiting${labels} ${behaviour.waiting ?? 0}.0\n` +
          `gpu_cache_usage_perc${labels} 0.0\ngeneration_tokens_total${labels} ${counts.tokens}.0\n`
      ]
    }
  }
}
