import type { EstimateMachine } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import type { Profile } from '../../model/runner.ts'

/** What an estimate is made from; nothing else is looked at. */
export interface EstimateRequest {
  readonly profile: Profile
  /** Of the profile's model; null: there is none, or it could not be read. */
  readonly facts: ModelFacts | null
  /** Of the draft model that its settings name. */
  readonly draft: ModelFacts | null
  readonly machine: EstimateMachine
}
