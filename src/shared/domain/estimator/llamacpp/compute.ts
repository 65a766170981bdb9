import { isHalfPrecision } from './cache-types.ts'
import type { Context, LlamaRun } from './run.ts'
import type { ModelShape } from './shape.ts'
import { MIB } from './units.ts'

const F32_BYTES = 4
const F16_BYTES = 2

/** What the formula may be too low by, of a buffer of 0.1 to 3 GiB: measured against llama.cpp's own planner. */
const SAFETY_BYTES = 64 * MIB
const SAFETY_SHARE = 0.1

export const computeSafety = (bytes: number): number => Math.max(SAFETY_BYTES, bytes * SAFETY_SHARE)

interface Widths {
  readonly heads: number
  readonly valueWidth: number
  /** Elements of all K and V heads of the widest layer. */
  readonly keys: number
  readonly values: number
  readonly feedForward: number
}

/** The widest layer of each sort: buffers are reused from one layer to the next. */
function widthsOf(shape: ModelShape): Widths {
  const widest = (of: (layer: ModelShape['layers'][number]) => number): number =>
    Math.max(0, ...shape.layers.map(of))
  const dense = widest(({ feedForward }) => feedForward)
  const experts = shape.expertFeedForward * shape.expertsUsed
  const isMixture = shape.experts > 0 && experts > 0
  return {
    heads: widest(({ heads }) => heads),
    valueWidth: widest(({ valueWidth }) => valueWidth),
    keys: widest(({ kvHeads, keyWidth }) => kvHeads * keyWidth),
    values: widest(({ kvHeads, valueWidth }) => kvHeads * valueWidth),
    feedForward: isMixture ? Math.max(experts, shape.hasDenseLead ? dense : 0) : dense
  }
}

/** Which tokens may see which: of a context that its layers share, one more for those with a window. */
export function maskBytes(shape: ModelShape, run: LlamaRun, context: Context): number {
  const cells =
    (shape.layers.some(({ ownsCache, hasWindow }) => ownsCache && !hasWindow) ? context.cells : 0) +
    (shape.layers.some(({ ownsCache, hasWindow }) => ownsCache && hasWindow) ? context.windowCells : 0)
  return cells * context.ubatch * (run.flashAttention ? F16_BYTES : F32_BYTES)
}

/**
 * Scratch of one batch on the device, of builds since June 2026 (outputs capped, f16 copies of a quantised cache in
 * the graph's own buffer): the larger of the logits and of the widest layer with its masks.
 */
export function computeBytes(shape: ModelShape, run: LlamaRun, context: Context): number {
  const { embedding, vocabulary } = shape
  const { ubatch, cells, streams } = context
  const widths = widthsOf(shape)
  const used = shape.experts > 0 ? shape.expertsUsed : 0
  const layer =
    F32_BYTES *
    ubatch *
    Math.max(3 * widths.feedForward + 3 * embedding, used > 0 ? (2 * used + 5) * embedding : 0)
  const attention = run.flashAttention
    ? F32_BYTES * ubatch * 4 * Math.max(embedding, widths.heads * widths.valueWidth) +
      (isHalfPrecision(run.typeK) ? 0 : F16_BYTES * streams * cells * widths.keys) +
      (isHalfPrecision(run.typeV) || shape.isCompressed ? 0 : F16_BYTES * streams * cells * widths.values)
    : F32_BYTES * ubatch * cells * widths.heads + 4 * F32_BYTES * ubatch * embedding
  return Math.max(
    F32_BYTES * context.outputs * (vocabulary + embedding),
    maskBytes(shape, run, context) + Math.max(layer, attention)
  )
}

/** Scratch of one batch on the host: masks and embeddings before they go to the device. */
export const hostComputeBytes = (shape: ModelShape, run: LlamaRun, context: Context): number =>
  maskBytes(shape, run, context) + 2 * shape.embedding * context.ubatch * F32_BYTES

/** Logits as they are handed out. */
export const outputBytes = (shape: ModelShape, run: LlamaRun, context: Context): number =>
  F32_BYTES *
  (shape.vocabulary + (run.isEmbedding ? shape.embedding : 0)) *
  Math.max(context.slots, context.outputs)
