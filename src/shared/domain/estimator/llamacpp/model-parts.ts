import type { EstimatePart } from '../../../model/estimate.ts'
import { bytesInWords } from '../../../util/bytes-in-words.ts'
import { exactly } from '../part.ts'
import type { LlamaCase } from './case.ts'
import { computeBytes, computeSafety, hostComputeBytes, outputBytes } from './compute.ts'
import { stateBytesOfOne } from './kv.ts'
import { KEEPS_STATES_FOR_ROLLBACK } from './rules.ts'
import { weightBytes } from './weights.ts'
import { count, counted } from './words.ts'

/** Of an architecture without rules here: its cache may be a fraction of a plain one, and seldom more than twice. */
const UNKNOWN_CACHE_PEAK = 2

/** Tensors on the GPU and on the host. */
export function weightParts({ facts, run, shape, hasDevice }: LlamaCase): readonly EstimatePart[] {
  const weights = weightBytes(facts, shape, run, hasDevice)
  const tied =
    weights.tiedBytes > 0
      ? `, ${bytesInWords(weights.tiedBytes)} of it the token embedding once more as output`
      : ''
  const skipped =
    weights.skippedBytes > 0
      ? `; ${bytesInWords(weights.skippedBytes)} of layers for guessing ahead stay out`
      : ''
  return [
    {
      id: 'weights-device',
      label: 'Weights on the GPU',
      ...exactly(weights.deviceBytes),
      why: `Tensors of ${counted(shape.layers.length, 'layer')} and the output: ${bytesInWords(weights.deviceBytes)}${tied}${skipped}.`
    },
    {
      id: 'weights-host',
      label: hasDevice ? 'Weights on the host' : 'Weights',
      ...exactly(weights.hostBytes),
      why: hasDevice
        ? `The token embedding and what was not given to the GPU stay in host memory: ${bytesInWords(weights.hostBytes)}.`
        : `All tensors are in host memory, there is no GPU: ${bytesInWords(weights.hostBytes)}${skipped}.`
    }
  ]
}

/** What grows with the context, and what does not. */
export function cacheParts({ run, shape, context, cache }: LlamaCase): readonly EstimatePart[] {
  const states = KEEPS_STATES_FOR_ROLLBACK.has(shape.architecture) && run.guesses > 0 ? 1 + run.guesses : 1
  const recurrent = context.slots * states * stateBytesOfOne(shape)
  const recurrentLayers = shape.layers.filter(({ isRecurrent }) => isRecurrent).length
  const types = shape.isCompressed ? run.typeK : `${run.typeK}/${run.typeV}`
  const windowed =
    cache.windowLayers > 0
      ? ` and ${counted(cache.windowLayers, 'layer')} × ${count(context.windowCells)} in a sliding window`
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
      why: `${counted(cache.globalLayers, 'layer')} × ${count(context.cells)} tokens${windowed}${copies}, ${types}: ${bytesInWords(bytes)}.`
    },
    {
      id: 'recurrent',
      label: 'Recurrent state',
      ...exactly(recurrent),
      why: `${counted(recurrentLayers, 'layer')} keep a fixed state for each of ${context.slots} ${context.slots === 1 ? 'slot' : 'slots'}: ${bytesInWords(recurrent)}, whatever the context.`
    }
  ]
}

/** Scratch of one batch, and the logits that come out. */
export function computeParts({ run, shape, context, hasDevice }: LlamaCase): readonly EstimatePart[] {
  const device = computeBytes(shape, run, context, hasDevice)
  // One buffer does for both where all of it is in host memory.
  const host = hasDevice ? hostComputeBytes(shape, run, context) : 0
  const output = outputBytes(shape, run, context)
  const batch = `a batch of ${count(context.ubatch)} tokens against ${count(context.cells)} of context`
  const where = hasDevice ? '' : ' in host memory, as there is no GPU'
  return [
    {
      id: 'compute-device',
      label: 'Compute buffer',
      lowBytes: Math.max(0, device - computeSafety(device)),
      expectedBytes: device,
      peakBytes: device + computeSafety(device),
      why: `Scratch for ${batch}${where}: about ${bytesInWords(device)}, at most ${bytesInWords(computeSafety(device))} more.`
    },
    {
      id: 'compute-host',
      label: 'Compute buffer on the host',
      ...exactly(host),
      why: `Masks and embeddings for ${batch}: about ${bytesInWords(host)}.`
    },
    {
      id: 'output',
      label: 'Output buffer',
      ...exactly(output),
      why: `Logits of ${count(shape.vocabulary)} tokens for ${counted(Math.max(context.slots, context.outputs), 'output')}: ${bytesInWords(output)}.`
    }
  ]
}
