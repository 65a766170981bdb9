import type { ContractError } from '../../shared/contract/errors.ts'
import type { Estimate, EstimateView, Interval, Measured } from '../../shared/model/estimate.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile, RunnerKind, RunnerView } from '../../shared/model/runner.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'

/** The estimate that counts, with what it was chosen from. */
export interface EstimateBasis {
  readonly estimate: Estimate
  readonly formula: Interval | null
  readonly measured: Measured | null
}

/** Estimates of this machine: formulas, the planner of the user's build, and what was measured. */
export interface Estimates extends Disposable {
  /** Of what is about to be launched. Never fails: what cannot be read gives an estimate of confidence 'unknown' that says why. */
  of(profile: Profile): Promise<EstimateBasis>
  view(profile: Profile): Promise<Result<EstimateView, ContractError>>
  facts(path: string, kind: RunnerKind): Promise<Result<ModelFacts, ContractError>>
  models(): Promise<readonly { readonly path: string; readonly total: Interval; readonly isRough: boolean }[]>
  /**
   * Remembers what a run really takes, for the next estimate of the same model, runner and settings.
   *
   * @param profile as it was launched, which may not be as it is saved; not of runs that were found running, whose
   *   command line may say something else
   */
  observe(profile: Profile, view: RunnerView): void
}
