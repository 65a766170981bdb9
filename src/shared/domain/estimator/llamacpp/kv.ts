import { isQuantised, rowBytes } from './cache-types.ts'
import type { Context, LlamaRun } from './run.ts'
import type { LayerShape, ModelShape } from './shape.ts'
import { padTo, sum } from './units.ts'

interface Rows {
  readonly type: string
  readonly elements: number
}

/** What one token takes in a layer's cache: a row of K and one of V. */
function rowsOf(layer: LayerShape, shape: ModelShape, run: LlamaRun, widestValue: number): readonly Rows[] {
  const keys: Rows = { type: run.typeK, elements: layer.keyWidth * layer.kvHeads }
  if (shape.isCompressed) return [keys]
  // Without flash attention V lies transposed, and all layers take the room of the widest.
  const values = run.flashAttention ? layer.valueWidth * layer.kvHeads : widestValue
  return [keys, { type: run.typeV, elements: values }]
}

/** CUDA reads quantised rows in steps of so many elements, past the end of the last one if need be. */
const CUDA_STEP_ELEMENTS = 512
const CUDA_ALIGNMENT_BYTES = 128

/** One tensor of the cache as it is allocated. */
function tensorBytes({ type, elements }: Rows, cells: number, hasDevice: boolean): number {
  const bytes = rowBytes(type, elements) * cells
  if (!hasDevice) return bytes
  const rest = elements % CUDA_STEP_ELEMENTS
  const beyond = isQuantised(type) && rest !== 0 ? rowBytes(type, CUDA_STEP_ELEMENTS - rest) : 0
  return padTo(bytes + beyond, CUDA_ALIGNMENT_BYTES)
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
export function cacheBytes(
  shape: ModelShape,
  run: LlamaRun,
  context: Context,
  hasDevice: boolean
): CacheBytes {
  const owners = shape.layers.filter(({ ownsCache }) => ownsCache)
  const widestValue = Math.max(0, ...shape.layers.map((layer) => layer.valueWidth * layer.kvHeads))
  const windowed = owners.filter(({ hasWindow }) => hasWindow)
  const global = owners.filter(({ hasWindow }) => !hasWindow)
  const indexer: readonly Rows[] =
    shape.indexerWidth > 0 ? [{ type: run.typeK, elements: shape.indexerWidth }] : []
  const bytesOf = (layers: readonly LayerShape[], cells: number): number =>
    sum(
      layers
        .flatMap((layer) => [...rowsOf(layer, shape, run, widestValue), ...(layer.hasWindow ? [] : indexer)])
        .map((rows) => tensorBytes(rows, cells * context.streams, hasDevice))
    )
  const windowBytes = bytesOf(windowed, context.windowCells)
  return {
    totalBytes: bytesOf(global, context.cells) + windowBytes,
    windowBytes,
    globalLayers: global.length,
    windowLayers: windowed.length,
    bytesPerToken: sum(
      global
        .flatMap((layer) => [...rowsOf(layer, shape, run, widestValue), ...indexer])
        .map(({ type, elements }) => rowBytes(type, elements))
    )
  }
}

const F32_BYTES = 4

/** States of recurrent layers of one sequence: f32, whatever the cache type. */
export const stateBytesOfOne = (shape: ModelShape): number =>
  shape.layers.filter(({ isRecurrent }) => isRecurrent).length *
  F32_BYTES *
  (shape.state.convolution + shape.state.recurrence)
