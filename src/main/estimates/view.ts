import type { ContractError } from '../../shared/contract/errors.ts'
import { verdictOf, verdictSentence } from '../../shared/domain/admission/verdict.ts'
import { waysOut, type OtherQuant } from '../../shared/domain/admission/ways-out.ts'
import { ceilingTokensPerS, memoryBandwidth } from '../../shared/domain/estimator/roofline.ts'
import type { EstimateRequest } from '../../shared/domain/estimator/types.ts'
import type { Estimate, EstimateView } from '../../shared/model/estimate.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile } from '../../shared/model/runner.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { needOf } from './need.ts'
import { canHaveSmallCache } from './small-cache.ts'
import { otherQuants } from './other-quants.ts'
import type { EstimatesPorts } from './ports.ts'
import type { EstimateBasis } from './types.ts'
import { within } from './within.ts'

/** Other files are an extra: without them there are still other ways out. */
const QUANTS_MS = 2_500

/** What the files of a profile's model say. */
export interface Found {
  readonly facts: ModelFacts | null
  readonly draft: ModelFacts | null
  /** Why the model could not be read. */
  readonly problem: ContractError | null
}

/** An estimate with what it was made from. */
export interface Looked extends Found {
  readonly basis: EstimateBasis
}

/** Says what an estimate means now, and what can be done about it. */
export function createViews(options: {
  readonly ports: EstimatesPorts
  readonly factsOf: (profile: Profile) => Promise<Found>
  readonly formulaOf: (profile: Profile, found: Found) => Estimate
}): (profile: Profile, looked: Looked) => Promise<EstimateView> {
  const { ports, factsOf, formulaOf } = options

  const quantsOf = async (profile: Profile): Promise<readonly OtherQuant[]> => {
    const models = otherQuants(profile.modelPath, await ports.findModels())
    return Promise.all(
      models.map(async ({ path, label }): Promise<OtherQuant> => {
        const other = { ...profile, modelPath: path }
        const { total, confidence } = formulaOf(other, await factsOf(other))
        return { path, label, total, confidence }
      })
    )
  }

  return async (profile, { basis, ...found }) => {
    const { estimate } = basis
    const machine = ports.machine()
    const allocatableBytes = ports.allocatableBytes(profile.id)
    const ceiling = ceilingOf(estimate, ports.gpuName())
    if (machine.topology === 'discrete') {
      const sentence = onItsOwnMemory(profile.label, estimate)
      return {
        ...basis,
        verdict: 'unknown',
        sentence,
        allocatableBytes,
        options: [],
        ceilingTokensPerS: ceiling
      }
    }
    const verdict = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
    const isInNeed = verdict === 'does-not-fit' || verdict === 'tight'
    const quants = isInNeed ? await within(quantsOf(profile), QUANTS_MS, () => []) : []
    const requestOf = (one: Profile): EstimateRequest => ({
      profile: one,
      facts: found.facts,
      draft: found.draft,
      machine
    })
    return {
      ...basis,
      verdict,
      sentence: verdictSentence(profile.label, estimate.total, estimate.confidence, allocatableBytes),
      allocatableBytes,
      options: waysOut({
        profile,
        estimate,
        allocatableBytes,
        mostBytes: ports.mostBytes(),
        memTotalBytes: machine.memTotalBytes,
        estimateOf: (one) => formulaOf(one, found),
        trainedContext: trainedContext(found.facts),
        canHaveSmallCache: canHaveSmallCache(profile, found.facts),
        needOf: (one) => needOf(requestOf(one)),
        quants,
        runners: ports.runners()
      }),
      ceilingTokensPerS: ceiling
    }
  }
}

/** Nothing is counted there, and nothing is refused. */
const onItsOwnMemory = (label: string, { total }: Estimate): string =>
  `${label} needs about ${bytesInWords(total.expectedBytes)}; the GPU has memory of its own, which is not counted here.`

function trainedContext(facts: ModelFacts | null): number | null {
  if (facts === null) return null
  if (facts.format === 'safetensors') return facts.config?.maxPositions ?? null
  const tokens = facts.hparams['context_length']
  return typeof tokens === 'number' && tokens > 0 ? tokens : null
}

function ceilingOf({ activeWeightBytes }: Estimate, gpuName: string | null): number | null {
  const bandwidth = gpuName === null ? null : memoryBandwidth(gpuName)
  return bandwidth === null || activeWeightBytes === null
    ? null
    : ceilingTokensPerS(activeWeightBytes, 0, bandwidth)
}
