import { readOptions } from '../../../shared/domain/estimator/llamacpp/arguments.ts'
import type { GgufFacts } from '../../../shared/model/model-facts.ts'
import type { LlamaCppProfile } from '../../../shared/model/runner.ts'

/** llama.cpp's own: --ubatch-size. */
const DEFAULT_STEP_TOKENS = 512
const F32_BYTES = 4
const F16_BYTES = 2
/** Rows of the embedding that live beside the logits: 6 seen. */
const ROWS_BESIDE = 8
/** A model with windows has a second mask. */
const MASKS = 2

/** Logits of every token of one step, with what lives beside them: at most 4·ub·(V + 8·E) and two masks. */
export function stepLogitsBytes({ settings }: LlamaCppProfile, facts: GgufFacts): number {
  const said = readOptions(settings.extraArgs)
  const given = (name: string): number => {
    const value = Number(said.get(name))
    return Number.isInteger(value) && value > 0 ? value : 0
  }
  const hparam = (key: string): number => {
    const value = facts.hparams[key]
    return typeof value === 'number' ? value : 0
  }
  const step = given('ubatch') || DEFAULT_STEP_TOKENS
  const context = given('context') || settings.contextTokens || hparam('context_length')
  const cells = context / Math.max(1, given('slots') || settings.parallelSlots)
  const logits = F32_BYTES * step * (facts.vocabularySize + ROWS_BESIDE * hparam('embedding_length'))
  return logits + MASKS * F16_BYTES * cells * step
}
