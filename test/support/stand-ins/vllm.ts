import { serveAsProgram, type Routes } from './http-stand-in.ts'
import { openAiRoutes, type Behaviour } from './openai-routes.ts'

/**
 * STAND-IN for vLLM's server, from its published interface: docs.vllm.ai/en/stable/usage/metrics (names and shape of
 * /metrics), …/serving/openai_compatible_server (/health, /v1/…), …/features/sleep_mode (/sleep, /is_sleeping, which
 * are there only with VLLM_SERVER_DEV_MODE=1 and --enable-sleep-mode). It loads no model and makes no real token.
 */
export function vllmRoutes(
  model: string,
  behaviour: Behaviour & { readonly sleepMode?: boolean; readonly tokensPerLook?: number } = {}
): Routes {
  const counts = { tokens: 100 }
  let sleeping = false
  const labels = `{engine="0",model_name="${model}"}`
  const sleepRoutes: Routes = {
    'GET /is_sleeping': () => [200, { is_sleeping: sleeping }],
    'POST /sleep': (_body, query) => {
      if (query.get('level') !== '2') return [400, { detail: 'the stand-in knows level 2 alone' }]
      sleeping = true
      return [200]
    }
  }
  return {
    ...openAiRoutes(model, behaviour, counts),
    'GET /health': () => [200],
    'GET /metrics': () => {
      counts.tokens += behaviour.tokensPerLook ?? 0
      return [
        200,
        [
          '# HELP vllm:num_requests_running Number of requests in model execution batches.',
          '# TYPE vllm:num_requests_running gauge',
          `vllm:num_requests_running${labels} ${behaviour.running ?? 0}.0`,
          `vllm:num_requests_waiting${labels} ${behaviour.waiting ?? 0}.0`,
          `vllm:num_requests_waiting_by_reason{engine="0",model_name="${model}",reason="capacity"} 9.0`,
          `vllm:kv_cache_usage_perc${labels} 0.0`,
          `vllm:generation_tokens_total${labels} ${counts.tokens}.0`,
          `vllm:generation_tokens_created${labels} 1.7624e+09`,
          ''
        ].join('\n')
      ]
    },
    ...(behaviour.sleepMode === true ? sleepRoutes : {})
  }
}

/** As 'vllm serve MODEL --host H --port P …'. */
export function main(args: readonly string[]): Promise<void> {
  if (args[0] !== 'serve') throw new Error(`the stand-in for vllm knows 'serve' alone, not '${args[0]}'`)
  const sleepMode = args.includes('--enable-sleep-mode') && process.env['VLLM_SERVER_DEV_MODE'] === '1'
  return serveAsProgram(args, 8000, vllmRoutes(args[1] ?? '', { sleepMode }), [
    'Loading safetensors checkpoint shards:   0% Completed | 0/2 [00:00<?, ?it/s]',
    'Loading safetensors checkpoint shards: 100% Completed | 2/2 [00:01<00:00,  1.94it/s]',
    'INFO: Application startup complete.'
  ])
}
