import { serveAsProgram, type Routes } from './http-stand-in.ts'
import { openAiRoutes, type Behaviour } from './openai-routes.ts'

/** One step of the engine, as nvidia.github.io/TensorRT-LLM/commands/trtllm-serve shows it. */
const step = (iter: number, running: number, waiting: number) => ({
  iter,
  iterLatencyMS: 20,
  gpuMemUsage: 76_665_782_272,
  numActiveRequests: running,
  numQueuedRequests: waiting,
  inflightBatchingStats: { numGenRequests: running, numContextRequests: 0, avgNumDecodedTokensPerIter: 1 },
  kvCacheStats: { maxNumBlocks: 101_256, usedNumBlocks: 3, tokensPerBlock: 32 }
})

/**
 * STAND-IN for trtllm-serve, from its published interface: nvidia.github.io/TensorRT-LLM/commands/trtllm-serve (/health,
 * /v1/…, and /metrics: JSON of the engine's steps since it was last read, empty where their counting is off). It loads
 * no model and makes no real token.
 */
export function trtllmRoutes(
  model: string,
  behaviour: Behaviour & { readonly iterationStats?: boolean } = {}
): Routes {
  const { running = 0, waiting = 0 } = behaviour
  let iter = 0
  return {
    ...openAiRoutes(model, behaviour, { tokens: 0 }),
    'GET /health': () => [200],
    'GET /metrics': () =>
      behaviour.iterationStats === false
        ? [200, []]
        : [200, [step(++iter, running, waiting), step(++iter, running, waiting)]]
  }
}

/** As 'trtllm-serve MODEL --host H --port P …'. */
export function main(args: readonly string[]): Promise<void> {
  const positional = args[0] === 'serve' ? args[1] : args[0]
  return serveAsProgram(args, 8000, trtllmRoutes(positional ?? ''), [
    'Loading safetensors weights in parallel: 100%|██████████| 2/2'
  ])
}
