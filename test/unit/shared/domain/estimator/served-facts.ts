import type { EstimateMachine } from '../../../../../src/shared/model/estimate.ts'
import type { ModelConfig, SafetensorsFacts } from '../../../../../src/shared/model/model-facts.ts'
import type { FieldProfile, FieldSettings } from '../../../../../src/shared/model/runner.ts'

export const GIB = 1024 ** 3
export const GB = 1e9

/** A DGX Spark with nothing else running. */
export const SPARK: EstimateMachine = {
  memTotalBytes: 119.63 * GIB,
  memAvailableBytes: 112 * GIB,
  topology: 'unified'
}

const NOTHING_SAID: ModelConfig = {
  modelType: 'llama',
  layers: null,
  hiddenSize: null,
  heads: null,
  kvHeads: null,
  headDim: null,
  intermediateSize: null,
  vocabularySize: null,
  maxPositions: null,
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
  quantMethod: null,
  kvCacheType: null,
  mtpLayers: 0
}
export const config = (said: Partial<ModelConfig>): ModelConfig => ({ ...NOTHING_SAID, ...said })

export const repository = (
  weightsBytes: number,
  said: Partial<ModelConfig> | null,
  more: Partial<SafetensorsFacts> = {}
): SafetensorsFacts => ({
  format: 'safetensors',
  path: '/models/one',
  repository: null,
  weightsBytes,
  parameters: null,
  files: 4,
  largestFileBytes: Math.min(weightsBytes, 5e9),
  config: said === null ? null : config(said),
  ...more
})

/** From the models' own config.json. */
export const LLAMA_8B = repository(
  16_060_522_496,
  {
    layers: 32,
    hiddenSize: 4096,
    heads: 32,
    kvHeads: 8,
    intermediateSize: 14_336,
    vocabularySize: 128_256,
    maxPositions: 131_072
  },
  { parameters: 8_030_261_248 }
)
export const LLAMA_3B = repository(
  6_425_499_648,
  {
    layers: 28,
    hiddenSize: 3072,
    heads: 24,
    kvHeads: 8,
    headDim: 128,
    intermediateSize: 8192,
    vocabularySize: 128_256,
    maxPositions: 131_072,
    isTied: true
  },
  { parameters: 3_212_749_824 }
)
export const LLAMA_70B = repository(
  141_107_412_992,
  {
    layers: 80,
    hiddenSize: 8192,
    heads: 64,
    kvHeads: 8,
    intermediateSize: 28_672,
    vocabularySize: 128_256,
    maxPositions: 131_072
  },
  { parameters: 70_553_706_496 }
)
export const GPT_OSS_120B = repository(65_248_815_744, {
  layers: 36,
  hiddenSize: 2880,
  heads: 64,
  kvHeads: 8,
  headDim: 64,
  intermediateSize: 2880,
  vocabularySize: 201_088,
  maxPositions: 131_072,
  slidingWindow: 128,
  layerTypes: Array.from({ length: 36 }, (_, layer) =>
    layer % 2 === 0 ? 'sliding_attention' : 'full_attention'
  ),
  experts: 128,
  expertsPerToken: 4,
  moeIntermediateSize: 2880,
  quantMethod: 'mxfp4'
})

export const profileOf = (
  kind: FieldProfile['kind'],
  settings: FieldSettings = {},
  more: Partial<FieldProfile> = {}
): FieldProfile => ({
  id: 'one',
  label: 'One',
  kind,
  modelPath: 'owner/one',
  settings,
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  ...more
})
