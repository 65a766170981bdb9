import type { Estimate, EstimatePart } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { estimateFluxTraining, isFluxTraining } from './finetune-flux.ts'
import {
  finetunePeakAlloc,
  loraParameters,
  type TrainingBytes,
  type TrainingMethod,
  type TrainingShape
} from './finetune-formula.ts'
import { trainingSettings, trainingWords, type TrainingSettings } from './finetune-settings.ts'
import { between, partOf } from './part.ts'
import { mappedFilesPart } from './pool-server.ts'
import { configOf } from './served-model.ts'
import { totalOf } from './total.ts'
import type { EstimateRequest } from './types.ts'
import { unknownAbove } from './unknown-above.ts'
import { unknownEstimate } from './unknown.ts'

const GB = 1e9
/** What nvidia-smi showed over what PyTorch allocated, in fms-acceleration's runs: median and 90th percentile. */
const SYSTEM_MEDIAN = 1.17
const SYSTEM_P90 = 1.49
const CUDA_BYTES = 0.5 * GB
/** Python, its libraries and what reads the data. */
const HOST = between(2 * GB, 3 * GB, 4 * GB)
const BF16_BYTES = 2
const NF4_BYTES = 0.52

const METHOD_WORDS: Readonly<Record<TrainingMethod, string>> = {
  full: 'all weights in BF16 with AdamW',
  'full-mixed': 'all weights with masters in 32 bits',
  'full-8bit': 'all weights with AdamW of 8 bits',
  lora: 'a LoRA',
  qlora: 'a LoRA on weights of 4 bits'
}

/** Least, usual and most that a training of these settings may be. */
interface Cases {
  readonly low: TrainingBytes
  readonly expected: TrainingBytes
  readonly peak: TrainingBytes
}

/** Fine-tuning: formulas for what PyTorch allocates, and what the system was seen to need beyond that. */
export function estimateFinetune({ profile, facts }: EstimateRequest): Estimate {
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of a fine-tuning job.')
  const words = trainingWords(profile)
  if (isFluxTraining(profile.modelPath, words)) return estimateFluxTraining(words)
  const settings = trainingSettings(profile)
  const shape = shapeOf(facts)
  if (facts === null || shape === null) return withoutShape(profile.modelPath, facts, settings)
  const cases = casesOf(shape, settings)
  const parts = partsOf(facts, cases, settings)
  const total = totalOf(parts)
  return {
    parts,
    total,
    // It counts as ready from its first moment, before it has loaded anything.
    growthBytes: total.expectedBytes,
    source: 'formula',
    confidence: settings.method === null ? 'unknown' : settings.assumed.length > 0 ? 'rough' : 'good',
    notes: [...notesOf(settings), ...settings.assumed],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}

/** Null: its config.json does not say enough. */
function shapeOf(facts: ModelFacts | null): TrainingShape | null {
  const config = configOf(facts)
  if (facts?.format !== 'safetensors' || config === null) return null
  const { layers, hiddenSize, intermediateSize, vocabularySize, moeIntermediateSize, expertsPerToken } =
    config
  const active =
    moeIntermediateSize !== null && expertsPerToken !== null ? moeIntermediateSize * expertsPerToken : null
  const intermediate = active ?? intermediateSize
  if (layers === null || hiddenSize === null || intermediate === null || vocabularySize === null) return null
  return {
    parameters: parametersOf(facts, config.quantMethod),
    layers,
    hidden: hiddenSize,
    intermediate,
    vocabulary: vocabularySize
  }
}

/** Of packed weights the tensors do not tell how many parameters they hold. */
const parametersOf = (
  { parameters, weightsBytes }: { readonly parameters: number | null; readonly weightsBytes: number },
  quantMethod: string | null
): number => (quantMethod !== null ? weightsBytes / NF4_BYTES : (parameters ?? weightsBytes / BF16_BYTES))

function casesOf(shape: TrainingShape, settings: TrainingSettings): Cases {
  const { method, batch, rank, targets, loss, isUpcast } = settings
  const trainable = loraParameters(shape, rank, targets)
  const run = (as: TrainingMethod, sequence: number, hasCheckpointing: boolean): TrainingBytes =>
    finetunePeakAlloc({
      ...shape,
      method: as,
      trainable,
      tokens: batch * sequence,
      hasCheckpointing,
      loss,
      isUpcast
    })
  const usual = settings.usualSequence
  const isGuess = settings.assumed.length > 0
  // Where rows are not packed they may be shorter; where checkpointing is not said, a trainer may do it by itself.
  const low = run(method ?? 'qlora', isGuess ? usual / 4 : usual / 2, settings.hasCheckpointing || isGuess)
  const expected = run(method ?? 'lora', usual, settings.hasCheckpointing)
  const most = method ?? 'full'
  const peak = run(
    most === 'full' && !settings.isPureBf16 ? 'full-mixed' : most,
    isGuess ? 2 * settings.longestSequence : settings.longestSequence,
    settings.hasCheckpointing
  )
  return { low, expected, peak }
}

function partsOf(
  facts: ModelFacts,
  { low, expected, peak }: Cases,
  settings: TrainingSettings
): EstimatePart[] {
  const beyondWeights = (bytes: TrainingBytes): number => bytes.peakBytes - bytes.weightsBytes
  const method = settings.method === null ? 'training of an unknown kind' : METHOD_WORDS[settings.method]
  return [
    partOf(
      'weights-device',
      'Weights',
      between(low.weightsBytes, expected.weightsBytes, peak.weightsBytes),
      `As ${method} holds them`
    ),
    partOf(
      'compute-device',
      'Gradients, optimizer, activations',
      between(beyondWeights(low), beyondWeights(expected), beyondWeights(peak)),
      `${bytesInWords(expected.stateBytes)} between steps, ${bytesInWords(expected.activationBytes)} of activations ` +
        `for ${settings.batch} rows of ${settings.usualSequence} tokens`
    ),
    partOf(
      'context',
      'CUDA and what PyTorch keeps',
      between(
        CUDA_BYTES,
        CUDA_BYTES + (SYSTEM_MEDIAN - 1) * expected.peakBytes,
        CUDA_BYTES + (SYSTEM_P90 - 1) * peak.peakBytes
      ),
      'Of what PyTorch allocates, the system was seen to need 17 % more in the middle and 49 % in one run of ten'
    ),
    partOf(
      'compute-host',
      'Python and data',
      HOST,
      '2 to 4 GB for Python, its libraries and what reads the data'
    ),
    mappedFilesPart(facts)
  ]
}

function notesOf(settings: TrainingSettings): readonly string[] {
  const checkpointing = settings.hasCheckpointing
    ? 'with gradient checkpointing'
    : 'without gradient checkpointing'
  return [
    `Counted as ${settings.method === null ? 'a LoRA, up to all weights' : METHOD_WORDS[settings.method]}, ` +
      `${checkpointing}, ${settings.batch} rows of up to ${settings.longestSequence} tokens at a time.`
  ]
}

/** Of a base model that is not on this disk yet, its name may say how many parameters it has. */
function withoutShape(modelPath: string, facts: ModelFacts | null, settings: TrainingSettings): Estimate {
  const named = /(?:^|[-_/])(\d{1,4}(?:\.\d{1,2})?)B(?:$|[-_.])/i.exec(modelPath)
  const inName = named === null ? null : Number(named[1]) * 1e9
  const inFiles = facts?.format === 'safetensors' ? parametersOf(facts, null) : null
  const parameters = inFiles ?? inName
  if (parameters === null)
    return unknownEstimate('Its base model could not be read, so how much its training takes is not known.')
  // Without activations: no shape is known to compute them from.
  const { peakBytes } = finetunePeakAlloc({
    parameters,
    layers: 0,
    hidden: 0,
    intermediate: 0,
    vocabulary: 0,
    method: settings.method ?? 'qlora',
    trainable: 0,
    tokens: 0,
    hasCheckpointing: true,
    loss: 'plain',
    isUpcast: false
  })
  const floorBytes = peakBytes + CUDA_BYTES + HOST.lowBytes
  return unknownAbove(
    floorBytes,
    'Training, at least',
    `Its base model could not be read; ${(parameters / 1e9).toFixed(1)} billion parameters alone take ` +
      `${bytesInWords(peakBytes)}${settings.method === null ? '' : ` to train ${METHOD_WORDS[settings.method]}`}, ` +
      'and what it computes comes on top.',
    floorBytes
  )
}
