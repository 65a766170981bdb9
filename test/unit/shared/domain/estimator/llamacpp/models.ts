import type { EstimateMachine } from '../../../../../../src/shared/model/estimate.ts'
import type { GgufFacts, HparamValue, TensorSums } from '../../../../../../src/shared/model/model-facts.ts'
import type { LlamaCppProfile, LlamaCppSettings } from '../../../../../../src/shared/model/runner.ts'

export const MIB = 2 ** 20
export const GIB = 2 ** 30

const NO_TENSORS: TensorSums = {
  totalBytes: 0,
  tokenEmbeddingBytes: 0,
  perLayerEmbeddingBytes: 0,
  outputBytes: 0,
  layerBytes: [],
  expertLayerBytes: [],
  parameters: 0,
  expertParameters: 0,
  unknownTypes: 0
}

export function facts(
  architecture: string,
  hparams: Readonly<Record<string, HparamValue>>,
  more: Partial<Omit<GgufFacts, 'tensors'>> & { readonly tensors?: Partial<TensorSums> } = {}
): GgufFacts {
  return {
    format: 'gguf',
    path: '/models/model.gguf',
    architecture,
    name: null,
    hparams,
    vocabularySize: 32_000,
    parts: 1,
    fileBytes: more.tensors?.totalBytes ?? 0,
    largestFileBytes: more.tensors?.totalBytes ?? 0,
    mmproj: null,
    ...more,
    tensors: { ...NO_TENSORS, ...more.tensors }
  }
}

/** Four layers of 100 MiB, an embedding and an output of 10 MiB. */
export const SMALL_TENSORS: Partial<TensorSums> = {
  totalBytes: 420 * MIB,
  tokenEmbeddingBytes: 10 * MIB,
  outputBytes: 10 * MIB,
  layerBytes: [100, 100, 100, 100].map((size) => size * MIB)
}

export const LLAMA_8B = facts(
  'llama',
  {
    block_count: 32,
    context_length: 131_072,
    embedding_length: 4096,
    feed_forward_length: 14_336,
    'attention.head_count': 32,
    'attention.head_count_kv': 8
  },
  { vocabularySize: 128_256 }
)
export const QWEN35_9B = facts(
  'qwen35',
  {
    block_count: 32,
    context_length: 262_144,
    embedding_length: 4096,
    feed_forward_length: 12_288,
    'attention.head_count': 16,
    'attention.head_count_kv': 4,
    'attention.key_length': 256,
    'attention.value_length': 256,
    'ssm.conv_kernel': 4,
    'ssm.inner_size': 4096,
    'ssm.state_size': 128,
    'ssm.group_count': 16,
    'ssm.time_step_rank': 32
  },
  { vocabularySize: 248_320 }
)
export const GEMMA3_27B = facts(
  'gemma3',
  {
    block_count: 62,
    context_length: 131_072,
    embedding_length: 5376,
    feed_forward_length: 21_504,
    'attention.head_count': 32,
    'attention.head_count_kv': 16,
    'attention.key_length': 128,
    'attention.value_length': 128,
    'attention.sliding_window': 1024
  },
  { vocabularySize: 262_208 }
)
export const GPT_OSS_120B = facts(
  'gpt-oss',
  {
    block_count: 36,
    context_length: 131_072,
    embedding_length: 2880,
    feed_forward_length: 2880,
    'attention.head_count': 64,
    'attention.head_count_kv': 8,
    'attention.key_length': 64,
    'attention.value_length': 64,
    'attention.sliding_window': 128,
    expert_count: 128,
    expert_used_count: 4,
    expert_feed_forward_length: 2880
  },
  { vocabularySize: 201_088 }
)
export const DEEPSEEK_LITE = facts(
  'deepseek2',
  {
    block_count: 27,
    context_length: 163_840,
    embedding_length: 2048,
    feed_forward_length: 10_944,
    leading_dense_block_count: 1,
    'attention.head_count': 16,
    'attention.head_count_kv': 1,
    'attention.kv_lora_rank': 512,
    'attention.key_length': 576,
    'attention.value_length': 512,
    'attention.key_length_mla': 192,
    'attention.value_length_mla': 128,
    expert_count: 64,
    expert_used_count: 6,
    expert_feed_forward_length: 1408
  },
  { vocabularySize: 102_400 }
)

export const SPARK: EstimateMachine = {
  memTotalBytes: 119 * GIB,
  memAvailableBytes: 110 * GIB,
  topology: 'unified'
}

export function llamaProfile(settings: Partial<LlamaCppSettings> = {}): LlamaCppProfile {
  return {
    id: 'p',
    label: 'Model',
    kind: 'llamacpp',
    modelPath: '/models/model.gguf',
    restartOnCrash: false,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null,
    settings: {
      contextTokens: 4096,
      port: 0,
      gpuLayers: -1,
      parallelSlots: 1,
      promptCacheMiB: 0,
      contextCheckpoints: 0,
      binary: '',
      extraArgs: [],
      ...settings
    }
  }
}
