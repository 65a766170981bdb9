import type { Estimate, EstimatePart } from '../../../model/estimate.ts'
import { totalOf } from '../total.ts'
import { unknownEstimate } from '../unknown.ts'
import type { LlamaCase, LlamaEstimateInput } from './case.ts'
import { maskBytes } from './compute.ts'
import { cacheBytes } from './kv.ts'
import { cacheParts, computeParts, weightParts } from './model-parts.ts'
import { notesOf } from './notes.ts'
import { contextOf } from './run.ts'
import { serverParts } from './server-parts.ts'
import { shapeOf } from './shape.ts'
import { weightBytes } from './weights.ts'

const whole = (part: EstimatePart): EstimatePart => ({
  ...part,
  lowBytes: Math.round(part.lowBytes),
  expectedBytes: Math.round(part.expectedBytes),
  peakBytes: Math.round(part.peakBytes)
})

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
  const hasDevice = machine.topology !== 'none'
  const cache = cacheBytes(shape, run, context, hasDevice)
  const one: LlamaCase = { ...input, shape, context, cache, hasDevice }
  const parts = [...weightParts(one), ...cacheParts(one), ...computeParts(one), ...serverParts(one)]
    .filter((part) => part.peakBytes > 0)
    .map(whole)
  const growing = parts.filter(({ id }) => id === 'prompt-cache' || id === 'checkpoints')
  return {
    parts,
    total: totalOf(parts),
    growthBytes: growing.reduce((sum, part) => sum + part.peakBytes - part.expectedBytes, 0),
    source: 'formula',
    confidence: shape.confidence === 'good' && facts.tensors.unknownTypes > 0 ? 'rough' : shape.confidence,
    notes: notesOf(one),
    // A token of context widens the masks, too, on the device and on the host.
    bytesPerContextToken:
      cache.bytesPerToken + (2 * maskBytes(shape, run, context)) / Math.max(1, context.cells * context.slots),
    activeWeightBytes: Math.round(weightBytes(facts, shape, run, hasDevice).activeBytes)
  }
}
