import { readOptions } from '../../../shared/domain/estimator/llamacpp/arguments.ts'
import type { GgufFacts } from '../../../shared/model/model-facts.ts'
import type { LlamaCppProfile } from '../../../shared/model/runner.ts'

/** llama.cpp's own: --ubatch-size. */
const DEFAULT_STEP_TOKENS = 512
const F32_BYTES = 4
/** Rows of the embedding that live beside the logits. */
const ROWS_BESIDE = 5

/** Logits of every token of one step, with what lives beside them: 4·ub·(V + 5·E). */
export function stepLogitsBytes({ settings }: LlamaCppProfile, facts: GgufFacts): number {
  const said = Number(readOptions(settings.extraArgs).get('ubatch'))
  const step = Number.isInteger(said) && said > 0 ? said : DEFAULT_STEP_TOKENS
  const embedding = facts.hparams['embedding_length']
  return (
    F32_BYTES * step * (facts.vocabularySize + ROWS_BESIDE * (typeof embedding === 'number' ? embedding : 0))
  )
}
