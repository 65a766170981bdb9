import type { Estimate } from '../../model/estimate.ts'
import { estimateLlamaRun } from './llamacpp/estimate-run.ts'
import { numberOf } from './llamacpp/hparams.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from './llamacpp/run.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

/** What LM Studio loads a model with where nothing else was set in it. */
const DEFAULT_CONTEXT_TOKENS = 4_096

/** What a model in LM Studio will take: llama.cpp with the app's defaults, which may have been changed in it. */
export function estimateLmStudio({ facts, machine }: EstimateRequest): Estimate {
  if (facts === null) {
    return unknownEstimate(
      "The model is not among LM Studio's files here, so nothing is known of the memory it takes."
    )
  }
  if (facts.format !== 'gguf') {
    return unknownEstimate(
      'This model is no GGUF file: what LM Studio makes of it is not known.',
      facts.weightsBytes
    )
  }
  const trained = numberOf(facts.hparams, 'context_length') ?? 0
  const run: LlamaRun = {
    ...LLAMA_DEFAULTS,
    contextTokens: trained === 0 ? DEFAULT_CONTEXT_TOKENS : Math.min(trained, DEFAULT_CONTEXT_TOKENS),
    promptCacheBytes: 0,
    usesProjector: facts.mmproj !== null
  }
  const estimate = estimateLlamaRun({ facts, run, machine, draft: null })
  const context = run.contextTokens.toLocaleString('en-GB')
  return {
    ...estimate,
    confidence: estimate.confidence === 'good' ? 'rough' : estimate.confidence,
    notes: [
      ...estimate.notes,
      `Counted with LM Studio's usual ${context} tokens of context; what was set for this model in the app is not seen.`
    ]
  }
}
