import type { Estimate, EstimateMachine } from '../../../model/estimate.ts'
import type { GgufFacts } from '../../../model/model-facts.ts'
import type { EstimateRequest } from '../types.ts'
import { unknownEstimate } from '../unknown.ts'
import { llamaArguments } from './arguments.ts'
import { estimateLlamaRun } from './estimate-run.ts'
import { contextOf, type LlamaRun } from './run.ts'
import { shapeOf } from './shape.ts'

/** What a profile of llama.cpp will take. */
export function estimateLlamaCpp({ profile, facts, draft, machine: host }: EstimateRequest): Estimate {
  if (profile.kind !== 'llamacpp') throw new Error(`not a profile of llama.cpp: ${profile.kind}`)
  if (facts === null) {
    return unknownEstimate('The model could not be read, so nothing is known of the memory it takes.')
  }
  if (facts.format !== 'gguf') {
    return unknownEstimate('llama.cpp loads GGUF files; this model is none.', facts.weightsBytes)
  }
  // A container that was given no GPU has none.
  const hasGpu = profile.container === null || profile.container.gpus
  const machine: EstimateMachine = hasGpu ? host : { ...host, topology: 'none' }
  const { run, draft: draftTypes } = llamaArguments(profile.settings)
  const guessing =
    draftTypes === null
      ? null
      : draft?.format === 'gguf'
        ? estimateLlamaRun({ facts: draft, run: draftRun(facts, run, draftTypes), machine, draft: null })
        : unknownEstimate('The draft model could not be read.')
  const estimate = estimateLlamaRun({ facts, run, machine, draft: guessing })
  if (draftTypes === null || draft?.format === 'gguf') return estimate
  const note = 'The draft model could not be read: what it takes is not counted.'
  return {
    ...estimate,
    confidence: estimate.confidence === 'good' ? 'rough' : estimate.confidence,
    notes: [...estimate.notes, note]
  }
}

/** The draft model has the context of the large one, whatever it was trained with, and no caches of prompts of its own. */
function draftRun(
  target: GgufFacts,
  run: LlamaRun,
  types: { readonly typeK: string; readonly typeV: string }
): LlamaRun {
  const shape = shapeOf(target)
  return {
    ...run,
    ...types,
    contextTokens: shape === null ? run.contextTokens : contextOf(run, shape).tokens,
    promptCacheBytes: 0,
    checkpoints: 0,
    usesProjector: false,
    predictsAhead: false,
    guesses: 0
  }
}
