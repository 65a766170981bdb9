import type { Estimate, EstimateMachine } from '../../../model/estimate.ts'
import type { GgufFacts } from '../../../model/model-facts.ts'
import type { CacheBytes } from './kv.ts'
import type { Context, LlamaRun } from './run.ts'
import type { ModelShape } from './shape.ts'

export interface LlamaEstimateInput {
  readonly facts: GgufFacts
  readonly run: LlamaRun
  readonly machine: EstimateMachine
  /** Of the model that guesses ahead, as a whole. */
  readonly draft: Estimate | null
}

/** One model as it is run, with what follows from both. */
export interface LlamaCase extends LlamaEstimateInput {
  readonly shape: ModelShape
  readonly context: Context
  readonly cache: CacheBytes
  /** False: a machine without a GPU; what would be on it is in host memory. */
  readonly hasDevice: boolean
}
