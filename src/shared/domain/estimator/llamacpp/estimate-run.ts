import type { Estimate, EstimateMachine, EstimatePart } from '../../../model/estimate.ts'
import type { GgufFacts } from '../../../model/model-facts.ts'
import { bytesInWords } from '../../../util/bytes-in-words.ts'
import { totalOf } from '../total.ts'
import { unknownEstimate } from '../unknown.ts'
import { computeBytes, computeSafety, hostComputeBytes, maskBytes, outputBytes } from './compute.ts'
import { cacheBytes, stateBytesOfOne } from './kv.ts'
import { KEEPS_STATES_FOR_ROLLBACK } from './rules.ts'
import { contextOf, type Context, type LlamaRun } from './run.ts'
import {
  checkpointsOf,
  DEVICE_CONTEXT,
  DIRECT_STAGING_BYTES,
  projectorInterval,
  STAGING_BYTES
} from './server.ts'
import { shapeOf, type ModelShape } from './shape.ts'
import { weightBytes } from './weights.ts'

export interface LlamaEstimateInput {
  readonly facts: GgufFacts
  readonly run: LlamaRun
  readonly machine: EstimateMachine
  /** Of the model that guesses ahead, as a whole. */
  readonly draft: Estimate | null
}

const whole = (part: EstimatePart): EstimatePart => ({
  ...part,
  lowBytes: Math.round(part.lowBytes),
  expectedBytes: Math.round(part.expectedBytes),
  peakBytes: Math.round(part.peakBytes)
})

const exact = (bytes: number): Pick<EstimatePart, 'lowBytes' | 'expectedBytes' | 'peakBytes'> => ({
  lowBytes: bytes,
  expectedBytes: bytes,
  peakBytes: bytes
})

const words = bytesInWords
const count = (value: number): string => value.toLocaleString('en-GB')
const layersInWords = (layers: number): string => `${layers} ${layers === 1 ? 'layer' : 'layers'}`

/** Of an architecture without rules here: its cache may be a fraction of a plain one, and seldom more than twice. */
const UNKNOWN_CACHE_PEAK = 2

/** What llama-server takes with one model: part by part, pure arithmetic on its header. */
export function estimateLlamaRun(input: LlamaEstimateInput): Estimate {
  const { facts, run, machine } = input
  const shape = shapeOf(facts)
  if (shape === null) {
    return unknownEstimate(
      `The header of this ${facts.architecture} model does not describe its layers: only its weights are known.`,
      facts.tensors.totalBytes
    )
  }
  const context = contextOf(run, shape)
  const cache = cacheBytes(shape, run, context, machine.topology !== 'none')
  const parts = [
    ...weightParts(input, shape),
    ...cacheParts(shape, run, context, machine),
    ...computeParts(shape, run, context, machine),
    ...serverParts(input, shape, context)
  ]
    .filter((part) => part.peakBytes > 0)
    .map(whole)
  const growth = parts.filter(({ id }) => id === 'prompt-cache' || id === 'checkpoints')
  return {
    parts,
    total: totalOf(parts),
    growthBytes: growth.reduce((sum, part) => sum + part.peakBytes - part.expectedBytes, 0),
    source: 'formula',
    confidence: shape.confidence === 'good' && facts.tensors.unknownTypes > 0 ? 'rough' : shape.confidence,
    notes: notesOf(input, shape, context),
    bytesPerContextToken:
      cache.bytesPerToken + (2 * maskBytes(shape, run, context)) / Math.max(1, context.cells * context.slots),
    activeWeightBytes: Math.round(
      weightBytes(facts, shape.predictLayers, expertsOf(shape), run, machine.topology !== 'none').activeBytes
    )
  }
}

const expertsOf = ({ experts, expertsUsed }: ModelShape) => ({ all: experts, used: expertsUsed })

function weightParts(
  { facts, run, machine }: LlamaEstimateInput,
  shape: ModelShape
): readonly EstimatePart[] {
  const hasDevice = machine.topology !== 'none'
  const weights = weightBytes(facts, shape.predictLayers, expertsOf(shape), run, hasDevice)
  const tied =
    weights.tiedBytes > 0 ? `, ${words(weights.tiedBytes)} of it the token embedding once more as output` : ''
  const skipped =
    weights.skippedBytes > 0 ? `; ${words(weights.skippedBytes)} of layers for guessing ahead stay out` : ''
  return [
    {
      id: 'weights-device',
      label: 'Weights on the GPU',
      ...exact(weights.deviceBytes),
      why: `Tensors of ${layersInWords(shape.layers.length)} and the output: ${words(weights.deviceBytes)}${tied}${skipped}.`
    },
    {
      id: 'weights-host',
      label: hasDevice ? 'Weights on the host' : 'Weights',
      ...exact(weights.hostBytes),
      why: hasDevice
        ? `The token embedding and what was not given to the GPU stay in host memory: ${words(weights.hostBytes)}.`
        : `All tensors are in host memory, there is no GPU: ${words(weights.hostBytes)}${skipped}.`
    }
  ]
}

function cacheParts(
  shape: ModelShape,
  run: LlamaRun,
  context: Context,
  machine: EstimateMachine
): readonly EstimatePart[] {
  const cache = cacheBytes(shape, run, context, machine.topology !== 'none')
  const states = KEEPS_STATES_FOR_ROLLBACK.has(shape.architecture) && run.guesses > 0 ? 1 + run.guesses : 1
  const recurrent = context.slots * states * stateBytesOfOne(shape)
  const recurrentLayers = shape.layers.filter(({ isRecurrent }) => isRecurrent).length
  const types = shape.isCompressed ? run.typeK : `${run.typeK}/${run.typeV}`
  const windowed =
    cache.windowLayers > 0
      ? ` and ${layersInWords(cache.windowLayers)} × ${count(context.windowCells)} in a sliding window`
      : ''
  const copies = context.streams > 1 ? `, for each of ${context.streams} slots` : ''
  const isUnknown = shape.confidence === 'unknown'
  const bytes = cache.totalBytes
  return [
    {
      id: 'kv',
      label: 'KV cache',
      lowBytes: isUnknown ? 0 : bytes,
      expectedBytes: bytes,
      peakBytes: isUnknown ? bytes * UNKNOWN_CACHE_PEAK : bytes,
      why: `${layersInWords(cache.globalLayers)} × ${count(context.cells)} tokens${windowed}${copies}, ${types}: ${words(bytes)}.`
    },
    {
      id: 'recurrent',
      label: 'Recurrent state',
      ...exact(recurrent),
      why: `${layersInWords(recurrentLayers)} keep a fixed state for each of ${context.slots} ${context.slots === 1 ? 'slot' : 'slots'}: ${words(recurrent)}, whatever the context.`
    }
  ]
}

function computeParts(
  shape: ModelShape,
  run: LlamaRun,
  context: Context,
  machine: EstimateMachine
): readonly EstimatePart[] {
  const device = computeBytes(shape, run, context)
  const host = hostComputeBytes(shape, run, context)
  const output = outputBytes(shape, run, context)
  const batch = `a batch of ${count(context.ubatch)} tokens against ${count(context.cells)} of context`
  const where = machine.topology === 'none' ? ' in host memory, as there is no GPU' : ''
  return [
    {
      id: 'compute-device',
      label: 'Compute buffer',
      lowBytes: Math.max(0, device - computeSafety(device)),
      expectedBytes: device,
      peakBytes: device + computeSafety(device),
      why: `Scratch for ${batch}${where}: about ${words(device)}, at most ${words(computeSafety(device))} more.`
    },
    {
      id: 'compute-host',
      label: 'Compute buffer on the host',
      // One buffer does for both where all of it is in host memory.
      lowBytes: machine.topology === 'none' ? 0 : host,
      expectedBytes: machine.topology === 'none' ? 0 : host,
      peakBytes: host,
      why: `Masks and embeddings for ${batch}: about ${words(host)}.`
    },
    {
      id: 'output',
      label: 'Output buffer',
      ...exact(output),
      why: `Logits of ${count(shape.vocabulary)} tokens for ${count(Math.max(context.slots, context.outputs))} outputs: ${words(output)}.`
    }
  ]
}

function serverParts(
  { facts, run, machine, draft }: LlamaEstimateInput,
  shape: ModelShape,
  context: Context
): readonly EstimatePart[] {
  const cache = cacheBytes(shape, run, context, machine.topology !== 'none')
  const checkpoints = checkpointsOf(shape, run, context, cache)
  const slots = context.slots
  const promptCache = run.promptCacheBytes ?? machine.memTotalBytes
  const parts: EstimatePart[] = [
    {
      id: 'prompt-cache',
      label: 'Prompt cache',
      lowBytes: 0,
      expectedBytes: 0,
      peakBytes: promptCache,
      why:
        run.promptCacheBytes === null
          ? 'Old prompts are kept without a limit: it may grow until the memory is full.'
          : `Old prompts are kept up to ${words(promptCache)}; it is empty at first and fills with use.`
    },
    {
      id: 'checkpoints',
      label: 'Checkpoints',
      lowBytes: 0,
      expectedBytes: 0,
      peakBytes: Math.round(checkpoints.most * slots * checkpoints.bytesOfOne),
      why: `Up to ${checkpoints.most} of ${words(checkpoints.bytesOfOne)} for each of ${slots} ${slots === 1 ? 'slot' : 'slots'}; usually ${checkpoints.usual}, and none at first.`
    }
  ]
  if (run.usesProjector) parts.push(projectorPart(facts))
  if (draft !== null) {
    parts.push({
      id: 'draft',
      label: 'Draft model',
      ...totalOf(draft.parts.filter(({ id }) => id !== 'context' && id !== 'load-transient')),
      why: `A second model that guesses ahead, with a cache of its own: about ${words(draft.total.expectedBytes)}.`
    })
  }
  if (machine.topology !== 'none') {
    parts.push({
      id: 'context',
      label: 'CUDA context',
      ...DEVICE_CONTEXT,
      why: 'The driver and its kernels take 150 to 500 MiB that no log shows.'
    })
  }
  parts.push(loadingPart(facts, run, machine))
  return parts
}

/** Where its file is not known. */
const UNKNOWN_PROJECTOR = { lowBytes: 0, expectedBytes: 2 ** 30, peakBytes: 3 * 2 ** 30 } as const

function projectorPart({ mmproj }: GgufFacts): EstimatePart {
  return {
    id: 'mmproj',
    label: 'Vision projector',
    ...(mmproj === null ? UNKNOWN_PROJECTOR : projectorInterval(mmproj.fileBytes)),
    why:
      mmproj === null
        ? 'Its file was not found beside the model: taken as 1 GiB.'
        : `Its file of ${words(mmproj.fileBytes)} and scratch for one picture.`
  }
}

function loadingPart(facts: GgufFacts, run: LlamaRun, machine: EstimateMachine): EstimatePart {
  const common = { id: 'load-transient', label: 'While loading', lowBytes: 0, expectedBytes: 0 } as const
  if (machine.topology === 'none') {
    return {
      ...common,
      peakBytes: STAGING_BYTES,
      why: 'The weights are read or mapped where they stay; nothing is held twice.'
    }
  }
  if (run.loadMode === 'mmap' || (run.loadMode === 'auto' && machine.topology !== 'unified')) {
    return {
      ...common,
      expectedBytes: STAGING_BYTES,
      peakBytes: facts.fileBytes,
      why: `The file is mapped while it is copied: up to ${words(facts.fileBytes)} of it are in the page cache too, which the kernel can take back.`
    }
  }
  const staging = run.loadMode === 'none' ? STAGING_BYTES : DIRECT_STAGING_BYTES
  return {
    ...common,
    expectedBytes: STAGING_BYTES,
    peakBytes: staging,
    why: `The file is read through buffers of at most ${words(staging)}.`
  }
}

function notesOf(
  { facts, run, machine }: LlamaEstimateInput,
  shape: ModelShape,
  context: Context
): readonly string[] {
  const notes: string[] = []
  if (shape.confidence === 'unknown') {
    notes.push(`'${facts.architecture}' is not known here: its cache is a guess from what its header says.`)
  } else if (shape.confidence === 'rough') {
    notes.push(`The cache of '${facts.architecture}' was never checked against a real one.`)
  }
  if (facts.tensors.unknownTypes > 0) {
    notes.push(
      `${facts.tensors.unknownTypes} tensors are of an unknown type; they are measured by their distance.`
    )
  }
  if (machine.topology === 'none') {
    notes.push(
      'There is no GPU: what would be on it is in host memory, and the weights are mapped from the file.'
    )
  } else if (run.hasOverrides || run.hostExpertLayers > 0 || run.gpuLayers >= 0) {
    notes.push(
      'Which weights are on the GPU and which on the host is split by your settings; the sum is the same.'
    )
  }
  if (run.contextTokens === 0 && shape.trainedContext > 0) {
    notes.push(`No context is set: the model's own ${count(context.tokens)} tokens are counted.`)
  }
  if (!run.flashAttention && run.typeV !== 'f16' && run.typeV !== 'f32' && run.typeV !== 'bf16') {
    notes.push('A quantised V cache needs flash attention: llama-server will refuse to start like this.')
  }
  return notes
}
