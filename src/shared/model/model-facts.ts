/** A value of a model's description; a list has one entry per layer. */
export type HparamValue = number | boolean | string | readonly number[] | readonly boolean[]

/** Bytes of a GGUF model's tensors, all parts of a split one together. */
export interface TensorSums {
  readonly totalBytes: number
  /** token_embd.weight. */
  readonly tokenEmbeddingBytes: number
  /** per_layer_token_embd.weight, which stays on the host. */
  readonly perLayerEmbeddingBytes: number
  /** output.weight; 0: it is tied, and the token embedding is loaded once more. */
  readonly outputBytes: number
  /** By block: blk.N.*. */
  readonly layerBytes: readonly number[]
  /** Of these, the routed experts (blk.N.ffn_*_exps.*). */
  readonly expertLayerBytes: readonly number[]
  readonly parameters: number
  /** Of these, in routed experts. */
  readonly expertParameters: number
  /** Tensors of a type that is not known: measured by the distance to the next one. */
  readonly unknownTypes: number
}

/** What the headers of a GGUF model say, as far as memory depends on it. */
export interface GgufFacts {
  readonly format: 'gguf'
  /** Of the first part. */
  readonly path: string
  /** general.architecture. */
  readonly architecture: string
  readonly name: string | null
  /** Keys without the architecture's prefix: 'block_count', 'attention.head_count_kv'. */
  readonly hparams: Readonly<Record<string, HparamValue>>
  /** The key, or the number of tokens. */
  readonly vocabularySize: number
  readonly tensors: TensorSums
  readonly parts: number
  readonly fileBytes: number
  readonly largestFileBytes: number
  /** Its vision projector beside it. */
  readonly mmproj: { readonly path: string; readonly fileBytes: number } | null
}

/** config.json of a Hugging Face model, from text_config where it is nested; null: not said. */
export interface ModelConfig {
  readonly modelType: string
  readonly layers: number | null
  readonly hiddenSize: number | null
  readonly heads: number | null
  readonly kvHeads: number | null
  readonly headDim: number | null
  readonly intermediateSize: number | null
  readonly vocabularySize: number | null
  readonly maxPositions: number | null
  readonly isTied: boolean
  /** 'bfloat16', 'float16', …: of computation, and of the KV cache unless told otherwise. */
  readonly dtype: string | null
  readonly slidingWindow: number | null
  /** By layer: 'full_attention', 'sliding_attention', 'linear_attention'. */
  readonly layerTypes: readonly string[] | null
  /** MLA: rank of the compressed KV and width of its rotary part. */
  readonly kvLoraRank: number | null
  readonly qkRopeHeadDim: number | null
  readonly fullAttentionInterval: number | null
  readonly experts: number | null
  readonly expertsPerToken: number | null
  readonly moeIntermediateSize: number | null
  /** 'fp8', 'awq', 'gptq', 'mxfp4', 'modelopt', 'compressed-tensors', 'bitsandbytes'. */
  readonly quantMethod: string | null
  /** 'fp8' where the checkpoint asks for a KV cache of 8 bits. */
  readonly kvCacheType: string | null
  readonly mtpLayers: number
}

/** What a repository of safetensors files says. */
export interface SafetensorsFacts {
  readonly format: 'safetensors'
  /** The folder, or the file of a checkpoint that is one. */
  readonly path: string
  /** 'owner/name' where the store says so. */
  readonly repository: string | null
  /** Bytes of tensors in the files that the index names: what is loaded. */
  readonly weightsBytes: number
  readonly parameters: number | null
  readonly files: number
  readonly largestFileBytes: number
  /** Null: there is none, as in a diffusion checkpoint. */
  readonly config: ModelConfig | null
}

export type ModelFacts = GgufFacts | SafetensorsFacts
