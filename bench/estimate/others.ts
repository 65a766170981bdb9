import { rowBytes } from '../../src/shared/domain/estimator/llamacpp/cache-types.ts'
import { contextOf } from '../../src/shared/domain/estimator/llamacpp/run.ts'
import { shapeOf } from '../../src/shared/domain/estimator/llamacpp/shape.ts'
import { factsOf } from './llama-facts.ts'
import type { SimulatedCase } from './llama-simulated.ts'

// What the published formulas of others say of the same rows.

const F16_BYTES = 2
const F32_BYTES = 4

export interface OthersSay {
  readonly parserCacheBytes: number
  readonly parserComputeBytes: number
  readonly ollamaCacheBytes: number
}

/**
 * gguf-parser-go (source of July 2026): every layer has a cache; windows by the logical batch; compressed caches as full
 * K and V; logits of a whole batch and masks in f32. Ollama: 2 · layers · fewest KV heads · width of a head · context
 * in f16, beside the size of the file. Null: the row is no model that they could read.
 */
export function othersSay({ architecture, hparams, run }: SimulatedCase): OthersSay | null {
  const vocabulary = Number(hparams['vocab_size'] ?? 0)
  const none = { totalBytes: 0, tokenEmbeddingBytes: 0, isTied: false }
  const shape = shapeOf(factsOf(architecture, hparams, vocabulary, none))
  if (shape === null) return null
  const context = contextOf(run, shape)
  const window = Math.min(
    context.cells,
    shape.windowTokens * (run.isUnified ? context.slots : 1) + context.batch
  )
  const heads = Math.max(1, ...shape.layers.map((layer) => layer.heads))
  let cache = 0
  let fewest = Number.POSITIVE_INFINITY
  for (const layer of shape.layers) {
    const cells = layer.hasWindow && !run.keepsFullWindow ? window : context.cells
    const kvHeads = layer.kvHeads || heads
    fewest = Math.min(fewest, layer.kvHeads)
    cache +=
      context.streams *
      cells *
      (rowBytes(run.typeK, layer.keyWidth * kvHeads) + rowBytes(run.typeV, layer.valueWidth * kvHeads))
  }
  const mask = F32_BYTES * context.cells * context.ubatch
  return {
    parserCacheBytes: cache,
    parserComputeBytes: F32_BYTES * context.ubatch * vocabulary + mask,
    ollamaCacheBytes:
      2 * shape.layers.length * fewest * (shape.embedding / heads) * context.tokens * F16_BYTES
  }
}
