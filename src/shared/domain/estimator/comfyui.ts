import type { Estimate, EstimatePart } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import type { FieldProfile } from '../../model/runner.ts'
import { flagSetting, listSetting, numberSetting } from '../../model/specs/index.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { hasOption } from './engine-options.ts'
import { between, exactly, partOf } from './part.ts'
import { fileBytesOf } from './served-model.ts'
import { totalOf } from './total.ts'
import type { EstimateRequest } from './types.ts'
import { unknownAbove } from './unknown-above.ts'
import { unknownEstimate } from './unknown.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const MB = 1e6

/** Files of FLUX.1-dev, in bytes: black-forest-labs/FLUX.1-dev and comfyanonymous/flux_text_encoders. */
export const FLUX_1_DEV = {
  transformerBytes: 23_802_932_552,
  t5xxlBytes: 9_787_841_024,
  clipBytes: 246_144_152,
  autoencoderBytes: 335_304_388
} as const
/** Its memory_usage_factor in ComfyUI's supported_models.py. */
const FLUX_FACTOR = 3.1
/** One picture of the usual size. */
const USUAL_SIDE = 1024
const BYTES_BF16 = 2
/** A model looks at latents of an eighth of the picture's side. */
const LATENT_STEP = 8
/** ComfyUI's model_management.py: it makes room for weights · 1.1, at least 0.8 GiB to compute in, and 400 MB beside. */
const WEIGHTS_MARGIN = 0.1
const MINIMUM_BYTES = 0.8 * GIB
const EXTRA_RESERVED_BYTES = 400 * MB
/** Python with PyTorch, and its CUDA context. */
const BESIDE = between(1.5 * GIB, 2.5 * GIB, 3.5 * GIB)
/** Of unknown checkpoints: text encoders and autoencoder by themselves are up to twice the transformer. */
const OTHER_FILES = between(0, 0.4, 2)

/** Bytes to compute in: (height / 8) · (width / 8) · batch · bytes of a number · 0.01 · factor, in MiB. */
export const comfyuiActivation = (width: number, height: number, batch: number, factor: number): number =>
  (height / LATENT_STEP) * (width / LATENT_STEP) * batch * BYTES_BF16 * 0.01 * factor * MIB

/** ComfyUI: nothing is loaded until the first picture, and a profile does not say which. */
export function estimateComfyui({ profile, facts }: EstimateRequest): Estimate {
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of ComfyUI.')
  const name = `${profile.modelPath} ${profile.label}`
  if (facts !== null) return ofCheckpoint(profile, facts)
  if (/flux[._-]?1?[._-]?dev|flux\.?1/i.test(name)) return ofFlux(profile)
  return unknownAbove(
    BESIDE.expectedBytes,
    'Python and CUDA, at least',
    'ComfyUI loads what its graphs ask for, and the profile does not say which models: only its own size is known.'
  )
}

function ofFlux(profile: FieldProfile): Estimate {
  const { transformerBytes, t5xxlBytes, clipBytes, autoencoderBytes } = FLUX_1_DEV
  const bytes = transformerBytes + t5xxlBytes + clipBytes + autoencoderBytes
  const parts = [
    partOf(
      'weights-device',
      'FLUX.1-dev',
      exactly(bytes),
      `Its four files: transformer ${bytesInWords(transformerBytes)}, T5 ${bytesInWords(t5xxlBytes)}, CLIP ` +
        `${bytesInWords(clipBytes)}, autoencoder ${bytesInWords(autoencoderBytes)}`
    ),
    ...workingParts(profile, transformerBytes, transformerBytes)
  ]
  return estimateOf(parts, 'rough', [
    "The profile's name says FLUX.1-dev, so its files in 16 bits are counted, and one picture of 1024 × 1024.",
    ...movedOut(profile)
  ])
}

function ofCheckpoint(profile: FieldProfile, facts: ModelFacts): Estimate {
  const bytes = fileBytesOf(facts)
  const parts = [
    partOf('weights-device', 'Checkpoint', exactly(bytes), 'Bytes of tensors in its files'),
    partOf(
      'weights-host',
      'Other models',
      between(bytes * OTHER_FILES.lowBytes, bytes * OTHER_FILES.expectedBytes, bytes * OTHER_FILES.peakBytes),
      'Text encoders and autoencoder, where they are files of their own: a guess'
    ),
    ...workingParts(profile, bytes, facts.largestFileBytes)
  ]
  return estimateOf(parts, 'rough', [
    'One checkpoint is counted, with a picture of 1024 × 1024; other models of the same graph are guessed.',
    ...movedOut(profile)
  ])
}

/** What it computes in, its Python, and what loading holds for a while. */
function workingParts(profile: FieldProfile, modelBytes: number, largestFileBytes: number): EstimatePart[] {
  const activation = comfyuiActivation(USUAL_SIDE, USUAL_SIDE, 1, FLUX_FACTOR)
  const args = listSetting(profile, 'extraArgs')
  const isMapped = !flagSetting(profile, 'disableMmap') && !hasOption(args, ['--disable-mmap'])
  return [
    partOf(
      'compute-device',
      'To compute in',
      between(
        Math.max(activation, MINIMUM_BYTES),
        Math.max(activation, MINIMUM_BYTES) + EXTRA_RESERVED_BYTES,
        activation + EXTRA_RESERVED_BYTES + WEIGHTS_MARGIN * modelBytes
      ),
      `${bytesInWords(activation)} for one picture of 1024 × 1024 by ComfyUI's own formula, at least 0.8 GiB`
    ),
    partOf('context', 'Python and CUDA', BESIDE, 'PyTorch, its libraries and the CUDA context'),
    partOf(
      'load-transient',
      'While it loads',
      between(0, 0, largestFileBytes),
      isMapped
        ? `A mapped file is in memory twice while it loads: up to ${bytesInWords(largestFileBytes)} more`
        : `Up to ${bytesInWords(largestFileBytes)} of a file in the page cache while it is read`
    )
  ]
}

function movedOut(profile: FieldProfile): readonly string[] {
  const reserve = numberSetting(profile, 'reserveVramGiB')
  return reserve > 0 ? [`It moves models out before less than ${reserve} GB are free.`] : []
}

/** All but its own size comes with the first picture, long after it is ready. */
function estimateOf(
  parts: readonly EstimatePart[],
  confidence: Estimate['confidence'],
  notes: readonly string[]
): Estimate {
  const total = totalOf(parts)
  return {
    parts,
    total,
    growthBytes: Math.max(0, total.expectedBytes - BESIDE.expectedBytes),
    source: 'formula',
    confidence,
    notes: [...notes, 'It loads them with the first picture, not at its start.'],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
