import type { Estimate } from '../../model/estimate.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { FLUX_1_DEV } from './comfyui.ts'
import { numberIn, optionIn } from './engine-options.ts'
import { between, exactly, partOf } from './part.ts'
import { totalOf } from './total.ts'

const GB = 1e9
/** Parameters of a LoRA of rank 1 beside every linear layer of FLUX.1's 19 + 38 blocks: 1.225 billion at rank 256. */
const PARAMETERS_PER_RANK = 1.225e9 / 256
/** sd-scripts' network_dim where nobody chose. */
const DEFAULT_RANK = 4
/** Weights and gradients in 32 bits, and what the optimizer keeps for each: four values, two, or two of 8 bits. */
const PRODIGY_BYTES = 24
const ADAMW_BYTES = 16
const ADAMW_8_BIT_BYTES = 10
/** One picture of 1024 × 1024 with gradient checkpointing: calculated, not measured. */
const ACTIVATION = between(6 * GB, 8 * GB, 9 * GB)
/** CUDA context, and Python. */
const BESIDE = between(0.5 * GB, 1.5 * GB, 3 * GB)

/** Whether this is a LoRA of FLUX.1: its transformer is no language model, and so has a formula of its own. */
export const isFluxTraining = (modelPath: string, words: readonly string[]): boolean =>
  (/flux[._-]?1/i.test(modelPath) && words.some((word) => /lora|network_dim/i.test(word))) ||
  words.some((word) => /lora_flux(?!2)/i.test(word))

/** Bytes for the adapters and their optimizer. */
export function fluxStateBytes(rank: number, optimizer: string): number {
  const perParameter = /prodigy/i.test(optimizer)
    ? PRODIGY_BYTES
    : /8bit/i.test(optimizer)
      ? ADAMW_8_BIT_BYTES
      : ADAMW_BYTES
  return PARAMETERS_PER_RANK * rank * perParameter
}

/** A LoRA of FLUX.1-dev: 62 to 72 GB with rank 256 and Prodigy; a user measured 71.4 GB on GB10. */
export function estimateFluxTraining(words: readonly string[]): Estimate {
  const { transformerBytes, t5xxlBytes, clipBytes, autoencoderBytes } = FLUX_1_DEV
  const rank = Math.max(1, numberIn(words, ['--network_dim', '--rank', '--lora_rank']) ?? DEFAULT_RANK)
  const optimizer = optionIn(words, ['--optimizer_type', '--optimizer']) ?? 'AdamW'
  const state = fluxStateBytes(rank, optimizer)
  const encoders = t5xxlBytes + clipBytes + autoencoderBytes
  const isCached = words.some((word) => /cache_text_encoder_outputs/.test(word))
  const parts = [
    partOf('weights-device', 'Transformer', exactly(transformerBytes), 'Bytes of flux1-dev.safetensors'),
    partOf(
      'weights-host',
      'Text encoders and autoencoder',
      isCached ? between(0, encoders / 2, encoders) : exactly(encoders),
      isCached
        ? `${bytesInWords(encoders)} while they fill their caches, at the start; part of it stays`
        : 'They stay: their outputs are not cached'
    ),
    partOf(
      'compute-device',
      'Adapters, optimizer, activations',
      between(state + ACTIVATION.lowBytes, state + ACTIVATION.expectedBytes, state + ACTIVATION.peakBytes),
      `${bytesInWords(state)} for adapters of rank ${rank} with ${optimizer}, and about ` +
        `${bytesInWords(ACTIVATION.expectedBytes)} for one picture`
    ),
    partOf('context', 'Python and CUDA', BESIDE, 'PyTorch, its libraries and the CUDA context'),
    partOf(
      'load-transient',
      'While it loads',
      between(0, 0, transformerBytes),
      `Its checkpoint of ${bytesInWords(transformerBytes)} is in the page cache too while it is read; the system can take that back`
    )
  ]
  const total = totalOf(parts)
  return {
    parts,
    total,
    // It counts as ready from its first moment, before it has loaded anything.
    growthBytes: total.expectedBytes,
    source: 'formula',
    confidence: 'rough',
    notes: ['Calculated for one picture of 1024 × 1024 at a time, with gradient checkpointing.'],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
