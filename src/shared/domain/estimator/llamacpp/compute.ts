import { isHalfPrecision } from './cache-types.ts'
import { DELTA_NET, FOUR_STREAMS } from './rules.ts'
import type { Context, LlamaRun } from './run.ts'
import type { LayerShape, ModelShape } from './shape.ts'
import { MIB } from './units.ts'

const F32_BYTES = 4
const F16_BYTES = 2
const I64_BYTES = 8
/** A mask in f32 and its copy in f16, of builds before June 2026. */
const BOTH_MASKS_BYTES = 6

/** What the formula may be too low by, of a buffer of 0.1 to 3 GiB: measured against llama.cpp's own planner. */
const SAFETY_BYTES = 64 * MIB
const SAFETY_SHARE = 0.1

export const computeSafety = (bytes: number): number => Math.max(SAFETY_BYTES, bytes * SAFETY_SHARE)

/** The widest layer of each sort: buffers are reused from one layer to the next. */
const widest = (shape: ModelShape, of: (layer: LayerShape) => number): number =>
  Math.max(0, ...shape.layers.map(of))

const hasCaches = (shape: ModelShape) => ({
  global: shape.layers.some(({ ownsCache, hasWindow }) => ownsCache && !hasWindow),
  windowed: shape.layers.some(({ ownsCache, hasWindow }) => ownsCache && hasWindow)
})

/** Which tokens may see which: of a context that its layers share, one more for those with a window. */
export function maskBytes(shape: ModelShape, run: LlamaRun, context: Context): number {
  const { global, windowed } = hasCaches(shape)
  const cells = (global ? context.cells : 0) + (windowed ? context.windowCells : 0)
  return cells * context.ubatch * (run.flashAttention ? F16_BYTES : F32_BYTES)
}

/** Without flash attention V lies transposed, and where each of its values goes is a list of its own. */
function indexBytes(shape: ModelShape, run: LlamaRun, context: Context): number {
  if (run.flashAttention || shape.isCompressed) return 0
  const { global, windowed } = hasCaches(shape)
  const values = widest(shape, ({ kvHeads, valueWidth }) => kvHeads * valueWidth)
  return I64_BYTES * context.ubatch * values * (Number(global) + Number(windowed))
}

/** Elements per token that live while a feed-forward part runs. */
function feedForwardElements(shape: ModelShape): number {
  const { embedding, experts, expertsUsed } = shape
  const attended = widest(shape, ({ heads }) => heads * shape.attendedWidth)
  const dense = widest(shape, ({ feedForward }) => feedForward)
  const isDelta = DELTA_NET.has(shape.architecture)
  // Embeddings by layer lie there as they come in and as they are used.
  const carried = 2 * shape.perLayerWidth + (FOUR_STREAMS.has(shape.architecture) ? 4 * embedding : 0)
  const plain = 3 * dense + 2 * embedding + carried + (isDelta ? 0 : attended)
  if (experts === 0 || expertsUsed === 0) return plain
  const width = shape.expertFeedForward || dense
  // What the experts give back fits where gate and up were, unless those are narrower.
  const returned = 2 * width < embedding ? expertsUsed * embedding : 0
  const routed = 3 * width * expertsUsed + returned + 2 * embedding + (isDelta ? embedding : attended)
  return shape.hasDenseLead ? Math.max(plain, routed) : routed
}

/** Elements per token that live while attention runs, without its scores and copies of the cache. */
function attentionElements(shape: ModelShape, run: LlamaRun): number {
  const { embedding } = shape
  const heads = widest(shape, (layer) => layer.heads)
  const output = widest(shape, (layer) => layer.heads * layer.valueWidth)
  const isQuantised = !isHalfPrecision(run.typeK)
  if (shape.isCompressed) {
    const key = widest(shape, ({ keyWidth }) => keyWidth)
    const value = widest(shape, ({ valueWidth }) => valueWidth)
    const rows = 2 * (key + 32)
    if (!run.flashAttention) return Math.max(4 * embedding, (2 * key + value) * heads + rows)
    return isQuantised ? 2 * (key + value) * heads + rows : 4 * Math.max(embedding, output)
  }
  if (DELTA_NET.has(shape.architecture)) {
    // Its queries bring a gate as wide as themselves.
    return embedding + (run.flashAttention && isQuantised ? 6 : 4) * output
  }
  return 2 * embedding + 2 * output
}

/** f16 copies of a quantised cache, made for flash attention; scores of all heads without it. */
function scratchBytes(shape: ModelShape, run: LlamaRun, context: Context): number {
  const { streams, cells, ubatch } = context
  if (!run.flashAttention) return F32_BYTES * ubatch * cells * widest(shape, ({ heads }) => heads)
  const copy = (type: string, elements: number): number =>
    isHalfPrecision(type) ? 0 : F16_BYTES * streams * cells * elements
  const keys = widest(shape, ({ kvHeads, keyWidth }) => kvHeads * keyWidth)
  const values = shape.isCompressed ? 0 : widest(shape, ({ kvHeads, valueWidth }) => kvHeads * valueWidth)
  return copy(run.typeK, keys) + copy(run.typeV, values)
}

/** Of builds before June 2026: logits of the whole batch, and copies of the cache in a pool that no log shows. */
function computeBytesBefore(shape: ModelShape, run: LlamaRun, context: Context): number {
  const { ubatch, cells } = context
  const perToken = F32_BYTES * ubatch
  const attention =
    perToken * attentionElements(shape, run) + (run.flashAttention ? 0 : scratchBytes(shape, run, context))
  return Math.max(
    perToken * (shape.vocabulary + shape.embedding),
    cells * ubatch * BOTH_MASKS_BYTES + Math.max(perToken * feedForwardElements(shape), attention)
  )
}

/**
 * Scratch of one batch on the device, of builds since June 2026 (outputs capped, f16 copies of a quantised cache in
 * the graph's own buffer): the larger of the logits and of the widest layer with its masks.
 */
export function computeBytes(shape: ModelShape, run: LlamaRun, context: Context, hasDevice: boolean): number {
  if (run.build !== 'current') return computeBytesBefore(shape, run, context)
  const { ubatch } = context
  const perToken = F32_BYTES * ubatch
  // Without a device there is no buffer of the host's beside it: what goes in lies here, and is not given up for logits.
  const inputs = hasDevice ? 0 : 2 * perToken * shape.embedding
  // A processor's flash attention reads a quantised cache as it is: a server on one took no more with q8_0 than f16.
  const attended: LlamaRun = hasDevice || !run.flashAttention ? run : { ...run, typeK: 'f16', typeV: 'f16' }
  const layer = Math.max(
    perToken * feedForwardElements(shape),
    shape.layers.some(({ isRecurrent }) => isRecurrent)
      ? perToken * (shape.state.scanned + shape.embedding)
      : 0,
    shape.layers.some(({ ownsCache }) => ownsCache)
      ? perToken * attentionElements(shape, attended) + scratchBytes(shape, attended, context)
      : 0
  )
  const logits = F32_BYTES * Math.min(ubatch, context.outputs) * (shape.vocabulary + shape.embedding)
  const masks = maskBytes(shape, run, context) + indexBytes(shape, run, context)
  return hasDevice ? Math.max(logits, masks + layer) : Math.max(logits + inputs, layer) + masks + inputs
}

/** Scratch of one batch on the host: masks, indices and embeddings before they go to the device. */
export const hostComputeBytes = (shape: ModelShape, run: LlamaRun, context: Context): number =>
  (run.build === 'current' ? maskBytes(shape, run, context) : F32_BYTES * context.cells * context.ubatch) +
  indexBytes(shape, run, context) +
  (2 * shape.embedding + shape.perLayerWidth) * context.ubatch * F32_BYTES

/** Logits as they are handed out. */
export const outputBytes = (shape: ModelShape, run: LlamaRun, context: Context): number =>
  F32_BYTES *
  (shape.vocabulary + (run.isEmbedding ? shape.embedding : 0)) *
  Math.max(context.slots, context.outputs)
