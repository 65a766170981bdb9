import type {
  GgufFacts,
  ModelConfig,
  ModelFacts,
  SafetensorsFacts
} from '../../../src/shared/model/model-facts.ts'

const GIB = 2 ** 30

interface Shape {
  readonly architecture: string
  readonly layers: number
  readonly embedding: number
  readonly feedForward: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly vocabulary: number
  readonly trainedContext: number
  readonly gib: number
  readonly parameters: number
  readonly more?: GgufFacts['hparams']
  /** Share of the bytes that is in routed experts. */
  readonly expertShare?: number
}

const gguf = (path: string, name: string, shape: Shape): GgufFacts => {
  const { layers, gib, parameters, expertShare = 0 } = shape
  const totalBytes = Math.round(gib * GIB)
  const outputBytes = Math.round(totalBytes * 0.02)
  const layerBytes = Math.round((totalBytes - 2 * outputBytes) / layers)
  return {
    format: 'gguf',
    path,
    architecture: shape.architecture,
    name,
    hparams: {
      block_count: layers,
      context_length: shape.trainedContext,
      embedding_length: shape.embedding,
      feed_forward_length: shape.feedForward,
      'attention.head_count': shape.heads,
      'attention.head_count_kv': shape.kvHeads,
      'attention.key_length': shape.headDim,
      'attention.value_length': shape.headDim,
      ...shape.more
    },
    vocabularySize: shape.vocabulary,
    tensors: {
      totalBytes,
      tokenEmbeddingBytes: outputBytes,
      perLayerEmbeddingBytes: 0,
      outputBytes,
      layerBytes: Array.from({ length: layers }, () => layerBytes),
      expertLayerBytes: Array.from({ length: layers }, () => Math.round(layerBytes * expertShare)),
      parameters,
      expertParameters: Math.round(parameters * expertShare),
      unknownTypes: 0
    },
    parts: 1,
    fileBytes: totalBytes + 6 * 2 ** 20,
    largestFileBytes: totalBytes + 6 * 2 ** 20,
    mmproj: null
  }
}

const CONFIG: ModelConfig = {
  modelType: 'qwen3',
  layers: 64,
  hiddenSize: 5120,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 25_600,
  vocabularySize: 151_936,
  maxPositions: 40_960,
  isTied: false,
  dtype: 'bfloat16',
  slidingWindow: null,
  layerTypes: null,
  kvLoraRank: null,
  qkRopeHeadDim: null,
  fullAttentionInterval: null,
  experts: null,
  expertsPerToken: null,
  moeIntermediateSize: null,
  quantMethod: 'modelopt',
  kvCacheType: null,
  mtpLayers: 0
}

const safetensors = (path: string, gib: number, over: Partial<SafetensorsFacts> = {}): SafetensorsFacts => ({
  format: 'safetensors',
  path,
  repository: path,
  weightsBytes: Math.round(gib * GIB),
  parameters: 32.8e9,
  files: 4,
  largestFileBytes: Math.round((gib / 4) * GIB),
  config: CONFIG,
  ...over
})

const HOME = '/home/ada/models'

const QWEN_SHAPE: Shape = {
  architecture: 'qwen3',
  layers: 64,
  embedding: 5120,
  feedForward: 25_600,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 151_936,
  trainedContext: 40_960,
  gib: 32.4,
  parameters: 32.8e9
}

/** Headers of the made-up machine's models: shapes of real ones, by path. */
export const FACTS_BY_PATH: ReadonlyMap<string, ModelFacts> = new Map(
  [
    gguf(`${HOME}/Qwen3-32B-Q8_0.gguf`, 'Qwen3 32B', QWEN_SHAPE),
    gguf(`${HOME}/Qwen3-32B-Q4_K_M.gguf`, 'Qwen3 32B', { ...QWEN_SHAPE, gib: 18.4 }),
    gguf(`${HOME}/gpt-oss-120b-mxfp4.gguf`, 'gpt-oss 120b', {
      architecture: 'gpt-oss',
      layers: 36,
      embedding: 2880,
      feedForward: 2880,
      heads: 64,
      kvHeads: 8,
      headDim: 64,
      vocabulary: 201_088,
      trainedContext: 131_072,
      gib: 59,
      parameters: 116.8e9,
      expertShare: 0.95,
      more: {
        expert_count: 128,
        expert_used_count: 4,
        expert_feed_forward_length: 2880,
        'attention.sliding_window': 128
      }
    }),
    gguf(`${HOME}/gemma-3-27b-it-Q6_K.gguf`, 'Gemma 3 27B', {
      architecture: 'gemma3',
      layers: 62,
      embedding: 5376,
      feedForward: 21_504,
      heads: 32,
      kvHeads: 16,
      headDim: 128,
      vocabulary: 262_144,
      trainedContext: 131_072,
      gib: 20.6,
      parameters: 27e9,
      more: { 'attention.sliding_window': 1024 }
    }),
    gguf(`${HOME}/Llama-3.3-70B-Instruct-Q4_K_M.gguf`, 'Llama 3.3 70B', {
      architecture: 'llama',
      layers: 80,
      embedding: 8192,
      feedForward: 28_672,
      heads: 64,
      kvHeads: 8,
      headDim: 128,
      vocabulary: 128_256,
      trainedContext: 131_072,
      gib: 39.6,
      parameters: 70.6e9
    }),
    gguf(`${HOME}/Mistral-Small-3.2-24B-Q5_K_M.gguf`, 'Mistral Small 3.2', {
      architecture: 'llama',
      layers: 40,
      embedding: 5120,
      feedForward: 32_768,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      vocabulary: 131_072,
      trainedContext: 131_072,
      gib: 15.6,
      parameters: 23.6e9
    }),
    gguf(`${HOME}/nomic-embed-text-v2.gguf`, 'Nomic Embed', {
      architecture: 'nomic-bert',
      layers: 12,
      embedding: 768,
      feedForward: 3072,
      heads: 12,
      kvHeads: 12,
      headDim: 64,
      vocabulary: 250_048,
      trainedContext: 512,
      gib: 0.9,
      parameters: 4.75e8
    }),
    gguf(`${HOME}/Kestrel-2-48B-Q4_K_M.gguf`, 'Kestrel 2 48B', {
      ...QWEN_SHAPE,
      architecture: 'kestrel2',
      gib: 27.3,
      parameters: 48e9
    }),
    safetensors('Qwen/Qwen3-32B-FP4', 19.9),
    safetensors('black-forest-labs/FLUX.1-dev', 22.1, { config: null, parameters: null })
  ].map((facts) => [facts.path, facts])
)
