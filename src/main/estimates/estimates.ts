import type { ContractError } from '../../shared/contract/errors.ts'
import { verdictOf, verdictSentence } from '../../shared/domain/admission/verdict.ts'
import { waysOut, type OtherQuant, type RoomMaker } from '../../shared/domain/admission/ways-out.ts'
import { estimateProfile } from '../../shared/domain/estimator/estimate.ts'
import { ceilingTokensPerS, memoryBandwidth } from '../../shared/domain/estimator/roofline.ts'
import type { EstimateRequest } from '../../shared/domain/estimator/types.ts'
import { unknownEstimate } from '../../shared/domain/estimator/unknown.ts'
import type { Estimate, EstimateMachine, EstimateView } from '../../shared/model/estimate.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile } from '../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../shared/model/specs/index.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { ModelOnDisk } from '../models/types.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { createAllModels } from './all-models.ts'
import { draftOf, hasModelFiles, type FactsPort } from './facts.ts'
import { applyMeasured, measuredOf } from './measured/apply-measured.ts'
import { createLearning } from './measured/learning.ts'
import { runKey } from './measured/run-key.ts'
import { openMeasured } from './measured/store.ts'
import { needOf } from './need.ts'
import { otherQuants } from './other-quants.ts'
import { applyPlan } from './planner/apply-plan.ts'
import type { Planner } from './planner/planner.ts'
import { stepLogitsBytes } from './planner/step-logits.ts'
import type { EstimateBasis, Estimates } from './types.ts'
import { within } from './within.ts'

/** An estimate is waited for no longer than this, whatever files and programs do. */
const ESTIMATE_MS = 4_000
/** The planner opens the GPU itself, which takes half a GiB for a moment: not where that may be the last. */
const PLANNER_NEEDS_BYTES = 2 * 1024 ** 3

export interface EstimatesPorts {
  readonly clock: Clock
  readonly logger: Logger
  /** Where what was measured is kept. */
  readonly storePath: string
  readonly machine: () => EstimateMachine
  /** The driver's list of who holds GPU memory is there and fresh. */
  readonly isGpuKnown: () => boolean
  /** As its driver says it; null: there is none. */
  readonly gpuName: () => string | null
  readonly facts: FactsPort
  readonly findModels: () => Promise<readonly ModelOnDisk[]>
  /** Null: nobody asks llama.cpp. */
  readonly planner: Planner | null
  /** What a launch may take now. */
  readonly allocatableBytes: () => number
  /** What it could take with nothing else running. */
  readonly mostBytes: () => number
  /** What runs and might make room. */
  readonly runners: () => readonly RoomMaker[]
}

/** What an estimate was made from. */
interface Looked {
  readonly basis: EstimateBasis
  readonly facts: ModelFacts | null
  readonly draft: ModelFacts | null
  /** Why the model could not be read. */
  readonly problem: ContractError | null
}

/** Formulas first, then the planner of the user's build, then what was measured of the same run. */
export function createEstimates(ports: EstimatesPorts): Estimates {
  const { clock, logger, facts, planner, machine } = ports
  const store = openMeasured(ports.storePath, logger)
  const keyOf = (profile: Profile): Promise<string | null> => runKey(profile, machine().memTotalBytes)

  const factsOf = async (profile: Profile): Promise<Omit<Looked, 'basis'>> => {
    if (!hasModelFiles(profile)) return { facts: null, draft: null, problem: null }
    const read = await facts.of(profile.modelPath, profile.kind)
    if (!read.ok) return { facts: null, draft: null, problem: read.error }
    const draftPath = draftOf(profile)
    const draft = draftPath === null ? null : await facts.of(draftPath, profile.kind)
    return { facts: read.value, draft: draft?.ok === true ? draft.value : null, problem: null }
  }
  const formulaOf = (profile: Profile, { facts: known, draft, problem }: Omit<Looked, 'basis'>): Estimate => {
    const request: EstimateRequest = { profile, facts: known, draft, machine: machine() }
    const estimate = estimateProfile(request)
    return problem === null ? estimate : { ...estimate, notes: [problem.message, ...estimate.notes] }
  }
  const planned = async (
    profile: Profile,
    formula: Estimate,
    known: ModelFacts | null
  ): Promise<Estimate> => {
    if (planner === null || profile.kind !== 'llamacpp' || known?.format !== 'gguf') return formula
    if (machine().memAvailableBytes < PLANNER_NEEDS_BYTES) return formula
    const answer = await planner.ask(profile)
    if (answer.kind === 'plan') return applyPlan(formula, answer.plan, stepLogitsBytes(profile, known))
    if (answer.kind === 'absent') return formula
    return { ...formula, notes: [...formula.notes, `llama.cpp's own planner was of no help: ${answer.why}.`] }
  }
  const look = async (profile: Profile): Promise<Looked> => {
    const startedAtMs = clock.monotonicMs()
    const found = await factsOf(profile)
    const formula = formulaOf(profile, found)
    const leftMs = ESTIMATE_MS - (clock.monotonicMs() - startedAtMs)
    const late = { ...formula, notes: [...formula.notes, "llama.cpp's own planner did not answer in time."] }
    const estimate = await within(planned(profile, formula, found.facts), leftMs, () => late)
    const basis = await withMeasured(profile, formula, estimate)
    return { ...found, basis }
  }
  const withMeasured = async (
    profile: Profile,
    formula: Estimate,
    estimate: Estimate
  ): Promise<EstimateBasis> => {
    const key = await within(keyOf(profile), ESTIMATE_MS, () => null)
    const run = key === null ? null : store.get(key)
    const computed = estimate.source === 'formula' ? null : formula.total
    if (run === null) return { estimate, formula: computed, measured: null }
    const measured = measuredOf(run, formula)
    return { estimate: applyMeasured(estimate, run), formula: formula.total, measured }
  }

  /** Never fails: what goes wrong in an estimator is a mistake of ours, told in the log. */
  const looked = (profile: Profile): Promise<Looked> =>
    look(profile).catch((error: unknown) => {
      logger.error(`${profile.id} could not be estimated`, error)
      const estimate = unknownEstimate('It could not be estimated; the log of Firebreak says why.')
      return {
        basis: { estimate, formula: null, measured: null },
        facts: null,
        draft: null,
        problem: null
      }
    })

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

  const viewOf = async (profile: Profile, { basis, ...found }: Looked): Promise<EstimateView> => {
    const { estimate } = basis
    const allocatableBytes = ports.allocatableBytes()
    const ceilingTokensPerS = ceilingOf(estimate, ports.gpuName())
    if (machine().topology === 'discrete') {
      const sentence = onItsOwnMemory(profile.label, estimate)
      return { ...basis, verdict: 'unknown', sentence, allocatableBytes, options: [], ceilingTokensPerS }
    }
    const verdict = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
    const isInNeed = verdict === 'does-not-fit' || verdict === 'tight'
    const quants = isInNeed ? await within(quantsOf(profile), ESTIMATE_MS, () => []) : []
    const { memTotalBytes } = machine()
    const requestOf = (one: Profile): EstimateRequest => ({
      profile: one,
      facts: found.facts,
      draft: found.draft,
      machine: machine()
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
        memTotalBytes,
        estimateOf: (one) => formulaOf(one, found),
        trainedContext: trainedContext(found.facts),
        needOf: (one) => needOf(requestOf(one)),
        quants,
        runners: ports.runners()
      }),
      ceilingTokensPerS
    }
  }

  const learning = createLearning({
    store,
    clock,
    moment: () => ({ topology: machine().topology, isGpuKnown: ports.isGpuKnown() }),
    keyOf,
    formulaOf: async (profile) => formulaOf(profile, await factsOf(profile)).total
  })
  const allModels = createAllModels({
    clock,
    findModels: ports.findModels,
    async estimate(profile) {
      const found = await factsOf(profile)
      if (found.problem !== null) return null
      const formula = formulaOf(profile, found)
      return (await withMeasured(profile, formula, formula)).estimate
    }
  })

  /** With the settings of its last launch, which may not be the saved ones. */
  const launched = new Map<string, Profile>()

  return {
    async of(profile) {
      launched.set(profile.id, profile)
      return (await looked(profile)).basis
    },
    async view(profile): Promise<Result<EstimateView, ContractError>> {
      const found = await looked(profile)
      // A file that is to be loaded and is not there is a mistake of whoever asks; other models may be fetched.
      const isFile = RUNNER_SPECS[profile.kind].model.form === 'gguf'
      if (isFile && found.problem !== null) return err(found.problem)
      return ok(await viewOf(profile, found))
    },
    facts: (path, kind) => facts.of(path, kind),
    models: allModels,
    observe: (profile, view) => learning.observe(launched.get(profile.id) ?? profile, view),
    dispose() {
      planner?.dispose()
      store.close()
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
