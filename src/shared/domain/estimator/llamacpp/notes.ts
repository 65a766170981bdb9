import type { LlamaCase } from './case.ts'
import { isQuantised } from './cache-types.ts'
import { count } from './words.ts'

/** What was assumed, and what a person should know of it. */
export function notesOf({ facts, run, shape, context, hasDevice }: LlamaCase): readonly string[] {
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
  if (!hasDevice) {
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
  if (!run.flashAttention && isQuantised(run.typeV)) {
    notes.push('A quantised V cache needs flash attention: llama-server will refuse to start like this.')
  }
  return notes
}
