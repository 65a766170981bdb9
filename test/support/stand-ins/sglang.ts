import { optionOf, serveAsProgram, type Routes } from './http-stand-in.ts'
import { openAiRoutes, type Behaviour } from './openai-routes.ts'

/**
 * STAND-IN for SGLang's server, from its published interface: docs.sglang.io/docs/references/production_metrics (names
 * and shape of /metrics, there only with --enable-metrics), …/basic_usage/native_api (/health, /server_info,
 * /release_memory_occupation). It loads no model and makes no real token.
 */
export function sglangRoutes(
  model: string,
  behaviour: Behaviour & {
    readonly metrics?: boolean
    readonly memorySaver?: boolean
    readonly tokensPerLook?: number
  } = {}
): Routes {
  const counts = { tokens: 7 }
  const labels = `{model_name="${model}"}`
  const metrics: Routes = {
    'GET /metrics': () => {
      counts.tokens += behaviour.tokensPerLook ?? 0
      return [
        200,
        [
          '# TYPE sglang:num_running_reqs gauge',
          `sglang:num_running_reqs${labels} ${behaviour.running ?? 0}.0`,
          `sglang:num_queue_reqs${labels} ${behaviour.waiting ?? 0}.0`,
          `sglang:token_usage${labels} 0.28`,
          `sglang:gen_throughput${labels} 86.50814177726902`,
          `sglang:generation_tokens_total${labels} ${counts.tokens}.0`,
          ''
        ].join('\n')
      ]
    }
  }
  return {
    ...openAiRoutes(model, behaviour, counts),
    'GET /health': () => [200],
    'GET /server_info': () => [200, { enable_memory_saver: behaviour.memorySaver === true }],
    'POST /release_memory_occupation': (body) => {
      const tags = (body as { tags?: readonly string[] } | null)?.tags ?? []
      return tags.includes('weights') && tags.includes('kv_cache') ? [200] : [400]
    },
    ...(behaviour.metrics === false ? {} : metrics)
  }
}

/** As 'sglang serve --model-path MODEL …' and 'python3 -m sglang.launch_server --model-path MODEL …'. */
export function main(args: readonly string[]): Promise<void> {
  const metrics = args.includes('--enable-metrics')
  const memorySaver = args.includes('--enable-memory-saver')
  const routes = sglangRoutes(optionOf(args, '--model-path') ?? '', { metrics, memorySaver })
  return serveAsProgram(args, 30000, routes, ['Multi-thread loading shards: 100% Completed | 2/2'])
}
