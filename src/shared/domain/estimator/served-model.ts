import type { ModelConfig, ModelFacts } from '../../model/model-facts.ts'
import { between, exactly } from './part.ts'
import type { Interval } from '../../model/estimate.ts'

const BYTES_16_BIT = 2
const BYTES_32_BIT = 4
/** A block of tokens that a paged cache gives out at once (vLLM's default). */
const BLOCK_TOKENS = 16
/**
 * Weights in memory against tensors in the files, from vLLM's logs on GB10: -3.4 % where vision or MTP weights are
 * skipped, +0.3 to +2.5 % where they are not.
 */
const LOADED = { low: 0.966, expected: 1.014, peak: 1.025 } as const
/** Matrices of one expert: gate, up, down. */
const EXPERT_MATRICES = 3

/** What a cache of keys and values costs. */
export interface KvCost {
  /** One more token of context: layers that look at all of it. */
  readonly bytesPerToken: number
  /** Layers with a window, for one request: they need no more than the window. */
  readonly windowBytes: number
  /** Whether every layer is counted: layers of linear attention keep a state whose size config.json's facts do not say. */
  readonly isWhole: boolean
}

/** Bytes of one number in the cache; 'auto' is the model's own choice. */
export function cacheElementBytes(cacheType: string, config: ModelConfig | null): number {
  const chosen =
    cacheType === 'auto' || cacheType === '' ? (config?.kvCacheType ?? config?.dtype ?? '') : cacheType
  if (/fp4|e2m1/i.test(chosen)) return 0.5 + 1 / 16 // 4 bits and a scale of 8 bits for 16 numbers
  if (/fp8|e4m3|e5m2|int8/i.test(chosen)) return 1
  return /float32|fp32/i.test(chosen) ? BYTES_32_BIT : BYTES_16_BIT
}

/**
 * KV cache by config.json: 2 · heads of KV · width of a head for each layer with attention, or the compressed rank of
 * MLA; null where the file does not say enough.
 */
export function kvCostOf(said: ModelConfig | null, elementBytes: number): KvCost | null {
  const config = said === null ? null : withoutNonsense(said)
  if (config === null || config.layers === null) return null
  const elements = elementsPerLayer(config)
  if (elements === null) return null
  const { full, windowed } = layerCounts(config, config.layers)
  const perLayer = elements * elementBytes
  const windowTokens = (config.slidingWindow ?? 0) + BLOCK_TOKENS
  return {
    bytesPerToken: full * perLayer,
    windowBytes: windowed * windowTokens * perLayer,
    isWhole: full + windowed >= config.layers
  }
}

/** Numbers that a layer keeps of one token; null where it is not said. */
function elementsPerLayer(config: ModelConfig): number | null {
  const { kvLoraRank, qkRopeHeadDim, hiddenSize, heads } = config
  if (kvLoraRank !== null) return kvLoraRank + (qkRopeHeadDim ?? 0)
  const kvHeads = config.kvHeads ?? heads
  const headDim = config.headDim ?? (hiddenSize !== null && heads !== null ? hiddenSize / heads : null)
  return kvHeads === null || headDim === null ? null : 2 * kvHeads * headDim
}

/** What a file says that cannot be is not said. */
function withoutNonsense(config: ModelConfig): ModelConfig {
  const counts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'number' && !(value >= 1 && Number.isFinite(value)) ? null : value
  ])
  return { ...config, ...Object.fromEntries(counts), mtpLayers: config.mtpLayers }
}

/** Layers that keep all tokens, and those that keep a window; the others keep none (linear attention, Mamba). */
function layerCounts(
  config: ModelConfig,
  layers: number
): { readonly full: number; readonly windowed: number } {
  const { layerTypes, slidingWindow, fullAttentionInterval } = config
  if (layerTypes !== null && layerTypes.length > 0) {
    const linear = layerTypes.filter((type) => /linear|mamba|recurrent|conv/i.test(type)).length
    const windowed =
      slidingWindow === null ? 0 : layerTypes.filter((type) => /sliding|chunked|local/i.test(type)).length
    return { full: layerTypes.length - linear - windowed, windowed }
  }
  if (fullAttentionInterval !== null && fullAttentionInterval > 1)
    return { full: Math.max(1, Math.floor(layers / fullAttentionInterval)), windowed: 0 }
  return { full: layers, windowed: 0 }
}

/** Bytes of tensors in the files that are loaded. */
export const fileBytesOf = (facts: ModelFacts): number =>
  facts.format === 'gguf' ? facts.tensors.totalBytes : facts.weightsBytes

/** The same once loaded by a server of Hugging Face models. */
export function loadedWeights(facts: ModelFacts): Interval {
  const bytes = fileBytesOf(facts)
  return facts.format === 'gguf'
    ? exactly(bytes)
    : between(LOADED.low * bytes, LOADED.expected * bytes, LOADED.peak * bytes)
}

/** config.json, where there is one, without what cannot be. */
export const configOf = (facts: ModelFacts | null): ModelConfig | null =>
  facts?.format === 'safetensors' && facts.config !== null ? withoutNonsense(facts.config) : null

/**
 * Weights read for one token: without those experts that are not asked, and without the table of embeddings, of
 * which one row is read. Null where experts are there and their size is not said: all of them would be no ceiling.
 */
export function activeWeights(facts: ModelFacts | null): number | null {
  if (facts === null || facts.format === 'gguf') return null
  const { weightsBytes } = facts
  const config = configOf(facts)
  if (config === null) return null
  const { hiddenSize, vocabularySize, experts, expertsPerToken, moeIntermediateSize, layers } = config
  const table = config.isTied ? 0 : (hiddenSize ?? 0) * (vocabularySize ?? 0) * BYTES_16_BIT
  const read = Math.max(0, weightsBytes - table)
  if (experts === null || experts <= 1) return read
  if (expertsPerToken === null || moeIntermediateSize === null || hiddenSize === null || layers === null)
    return null
  const inExperts = EXPERT_MATRICES * hiddenSize * moeIntermediateSize * experts * layers
  const attention = attentionParameters(config, hiddenSize, layers)
  const share = inExperts / (inExperts + attention + 2 * hiddenSize * (vocabularySize ?? 0))
  return Math.round(read * (1 - Math.max(0, share) * (1 - Math.min(1, expertsPerToken / experts))))
}

/** Parameters of all query, key, value and output matrices. */
function attentionParameters(config: ModelConfig, hiddenSize: number, layers: number): number {
  const heads = config.heads ?? 0
  const headDim = config.headDim ?? (heads > 0 ? hiddenSize / heads : 0)
  return layers * hiddenSize * headDim * 2 * (heads + (config.kvHeads ?? heads))
}
