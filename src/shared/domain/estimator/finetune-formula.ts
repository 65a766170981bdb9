/** What training memory depends on, of a transformer. */
export interface TrainingShape {
  readonly parameters: number
  readonly layers: number
  readonly hidden: number
  /** Width of its feed-forward layers. */
  readonly intermediate: number
  readonly vocabulary: number
}

/**
 * full: weights, gradients and AdamW all in BF16. full-mixed: with masters in 32 bits. full-8bit: AdamW of 8 bits.
 * lora: adapters on BF16 weights. qlora: adapters on weights of 4 bits.
 */
export const TRAINING_METHODS = ['full', 'full-mixed', 'full-8bit', 'lora', 'qlora'] as const
export type TrainingMethod = (typeof TRAINING_METHODS)[number]

/** How the loss is computed: as Hugging Face does, with a fused cross-entropy, or in pieces that never hold all logits. */
export type LossKind = 'plain' | 'fused' | 'chunked'

export interface TrainingInput extends TrainingShape {
  readonly method: TrainingMethod
  /** Parameters of adapters; not looked at where all are trained. */
  readonly trainable: number
  /** Batch · sequence of one step, before gradients are accumulated. */
  readonly tokens: number
  readonly hasCheckpointing: boolean
  readonly loss: LossKind
  /** The residual stream is in 32 bits, as after PEFT's prepare_model_for_kbit_training. */
  readonly isUpcast: boolean
}

/** Bytes by torch.cuda.max_memory_allocated; what the system sees is more. */
export interface TrainingBytes {
  readonly weightsBytes: number
  /** Gradients and states of the optimizer, what is held between steps. */
  readonly stateBytes: number
  readonly activationBytes: number
  /** Not always their sum: a full training peaks either in its backward pass or in the optimizer's step. */
  readonly peakBytes: number
}

// Coefficients of fms-acceleration's published runs (A100, commit 876e2ed), by what PyTorch keeps.
/** Bytes per token and word of the vocabulary: logits, their 32-bit copy, its softmax and gradients. */
const LOSS_BYTES: Readonly<Record<LossKind, number>> = { plain: 14, fused: 8.3, chunked: 0 }
/** One layer that is computed again, with flash or sdpa attention: bytes per token, by hidden and intermediate width. */
const RECOMPUTED = { hidden: 20, intermediate: 14 } as const
/** A layer that keeps all it computed. */
const KEPT = { hidden: 16, intermediate: 8 } as const
/** Input of a layer, kept to compute it again: BF16, or 32 bits where the residual stream is upcast. */
const CHECKPOINT_BYTES = 2
const CHECKPOINT_UPCAST_BYTES = 4
/** Weights + gradients + both moments of AdamW, and the temporary of its foreach step. */
const FULL = { weights: 2, state: 4, peak: 10 } as const
const FULL_MIXED = { weights: 4, state: 12 } as const
const FULL_8_BIT = { weights: 2, state: 4 } as const
/** An adapter in 32 bits: weights, gradients, both moments. */
const ADAPTER_BYTES = 16
const BF16_BYTES = 2
/** NF4 with double quantisation. */
const NF4_BYTES = 0.516
/** PEFT's and autocast's own buffers beside a LoRA. */
const LORA_EXTRA_BYTES = 0.15e9

/** Bytes that a backward pass needs of the forward pass. */
export function trainingActivation(input: TrainingInput): number {
  const { tokens, layers, hidden, intermediate, vocabulary, hasCheckpointing, loss, isUpcast } = input
  const logits = LOSS_BYTES[loss] * tokens * vocabulary
  if (!hasCheckpointing)
    return tokens * layers * (KEPT.hidden * hidden + KEPT.intermediate * intermediate) + logits
  const kept = (isUpcast ? CHECKPOINT_UPCAST_BYTES : CHECKPOINT_BYTES) * tokens * hidden * layers
  const oneLayer = tokens * (RECOMPUTED.hidden * hidden + RECOMPUTED.intermediate * intermediate)
  return kept + Math.max(oneLayer, logits)
}

/** Peak of what PyTorch allocates while training. */
export function finetunePeakAlloc(input: TrainingInput): TrainingBytes {
  const { method, parameters: p, trainable } = input
  const activationBytes = trainingActivation(input)
  const adapter = ADAPTER_BYTES * trainable
  switch (method) {
    case 'full':
      return {
        weightsBytes: FULL.weights * p,
        stateBytes: FULL.state * p,
        activationBytes,
        peakBytes: Math.max(FULL.peak * p, (FULL.weights + FULL.state) * p + activationBytes)
      }
    case 'full-mixed':
      return summed(FULL_MIXED.weights * p, FULL_MIXED.state * p, activationBytes)
    case 'full-8bit':
      return summed(FULL_8_BIT.weights * p, FULL_8_BIT.state * p, activationBytes)
    case 'lora':
      return summed(BF16_BYTES * p, adapter + LORA_EXTRA_BYTES, activationBytes)
    default: {
      // Embeddings and the output matrix stay in 16 bits.
      const kept = Math.min(p, 2 * input.vocabulary * input.hidden)
      return summed(NF4_BYTES * (p - kept) + BF16_BYTES * kept, adapter, activationBytes)
    }
  }
}

const summed = (weightsBytes: number, stateBytes: number, activationBytes: number): TrainingBytes => ({
  weightsBytes,
  stateBytes,
  activationBytes,
  peakBytes: weightsBytes + stateBytes + activationBytes
})

/** Which matrices a LoRA is put beside. */
export interface LoraTargets {
  readonly attention: number
  readonly feedForward: number
}
/** All of a Llama's: query, key, value, output; gate, up, down. */
export const ALL_LINEAR: LoraTargets = { attention: 4, feedForward: 3 }
export const ATTENTION_ONLY: LoraTargets = { attention: 4, feedForward: 0 }

/** Parameters of a LoRA: rank · (rows + columns) of each matrix; key and value count as wide as query, which is more. */
export const loraParameters = (
  { layers, hidden, intermediate }: TrainingShape,
  rank: number,
  { attention, feedForward }: LoraTargets
): number => rank * layers * (attention * 2 * hidden + feedForward * (hidden + intermediate))
