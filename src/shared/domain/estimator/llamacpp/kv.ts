import { rowBytes } from './cache-types.ts'
import type { Context, LlamaRun } from './run.ts'
import type { LayerShape, ModelShape } from './shape.ts'
import { sum } from './units.ts'

/** Bytes of one token in one layer's cache. */
function tokenBytes(layer: LayerShape, shape: ModelShape, run: LlamaRun, widestValue: number): number {
  const keys = rowBytes(run.typeK, layer.keyWidth * layer.kvHeads)
  if (shape.isCompressed) return keys
  // Without flash attention V lies transposed, and all layers take the room of the widest.
  const values = run.flashAttention ? layer.valueWidth * layer.kvHeads : widestValue
  return keys + rowBytes(run.typeV, values)
}

export interface CacheBytes {
  readonly totalBytes: number
  /** Of it, layers with a sliding window. */
  readonly windowBytes: number
  readonly globalLayers: number
  readonly windowLayers: number
  /** What one more token of context adds. */
  readonly bytesPerToken: number
}

/** The KV cache, byte for byte as llama.cpp allocates it. */
export function cacheBytes(shape: ModelShape, run: LlamaRun, context: Context): CacheBytes {
  const owners = shape.layers.filter(({ ownsCache }) => ownsCache)
  const widestValue = Math.max(0, ...shape.layers.map((layer) => layer.valueWidth * layer.kvHeads))
  const bytesOf = (layer: LayerShape): number => tokenBytes(layer, shape, run, widestValue)
  const windowed = owners.filter(({ hasWindow }) => hasWindow)
  const global = owners.filter(({ hasWindow }) => !hasWindow)
  const indexer = shape.indexerWidth > 0 ? global.length * rowBytes(run.typeK, shape.indexerWidth) : 0
  const perToken = sum(global.map(bytesOf)) + indexer
  const windowBytes = context.streams * context.windowCells * sum(windowed.map(bytesOf))
  return {
    totalBytes: context.streams * context.cells * perToken + windowBytes,
    windowBytes,
    globalLayers: global.length,
    windowLayers: windowed.length,
    bytesPerToken: perToken
  }
}

const F32_BYTES = 4

/** States of recurrent layers of one sequence: f32, whatever the cache type. */
export const stateBytesOfOne = (shape: ModelShape): number =>
  shape.layers.filter(({ isRecurrent }) => isRecurrent).length *
  F32_BYTES *
  (shape.state.convolution + shape.state.recurrence)
