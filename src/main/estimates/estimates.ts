import type { ContractError } from '../../shared/contract/errors.ts'
import { isReadyFirst } from '../../shared/domain/admission/ready-first.ts'
import { estimateProfile } from '../../shared/domain/estimator/estimate.ts'
import type { EstimateRequest } from '../../shared/domain/estimator/types.ts'
import { unknownEstimate } from '../../shared/domain/estimator/unknown.ts'
import type { Estimate, EstimateView } from '../../shared/model/estimate.ts'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { Profile } from '../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { createAllModels } from './all-models.ts'
import { draftOf, hasModelFiles } from './facts.ts'
import { applyMeasured, measuredOf } from './measured/apply-measured.ts'
import { createLearning } from './measured/learning.ts'
import { runKey } from './measured/run-key.ts'
import { openMeasured } from './measured/store.ts'
import { applyPlan } from './planner/apply-plan.ts'
import { stepLogitsBytes } from './planner/step-logits.ts'
import type { EstimatesPorts } from './ports.ts'
import type { EstimateBasis, Estimates } from './types.ts'
import { createViews, type Found, type Looked } from './view.ts'
import { within } from './within.ts'

/** An estimate is waited for no longer than this, whatever files and programs do. */
const ESTIMATE_MS = 4_000
/** The planner opens the GPU itself, which takes half a GiB for a moment: not where that may be the last. */
const PLANNER_NEEDS_BYTES = 2 * 1024 ** 3

/** Formulas first, then the planner of the user's build, then what was measured of the same run. */
export function createEstimates(ports: EstimatesPorts): Estimates {
  const { clock, logger, facts, planner, machine } = ports
  const store = openMeasured(ports.storePath, logger, ports.storeAccess)
  const keyOf = async (profile: Profile): Promise<string | null> =>
    runKey(profile, machine().memTotalBytes, await ports.programOf(profile))

  const factsOf = async (profile: Profile): Promise<Found> => {
    if (!hasModelFiles(profile)) return { facts: null, draft: null, problem: null }
    const read = await facts.of(profile.modelPath, profile.kind)
    if (!read.ok) return { facts: null, draft: null, problem: read.error }
    const draftPath = draftOf(profile)
    const draft = draftPath === null ? null : await facts.of(draftPath, profile.kind)
    return { facts: read.value, draft: draft?.ok === true ? draft.value : null, problem: null }
  }
  const formulaOf = (profile: Profile, { facts: known, draft, problem }: Found): Estimate => {
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
    // Of files that do not answer nothing more is asked.
    if (isSilent(found)) return { ...found, basis: { estimate, formula: null, measured: null } }
    return { ...found, basis: await withMeasured(profile, formula, estimate) }
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
    const isSure = profile.kind === 'llamacpp' || formula.confidence !== 'unknown'
    const context = {
      leastBytes: isSure ? formula.total.lowBytes : 0,
      isReadyFirst: isReadyFirst(profile)
    }
    return { estimate: applyMeasured(estimate, run, context), formula: formula.total, measured }
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

  const viewOf = createViews({ ports, factsOf, formulaOf })

  const learning = createLearning({
    store,
    clock,
    moment: () => ({ topology: machine().topology, isGpuKnown: ports.isGpuKnown() }),
    keyOf,
    async formulaOf(profile) {
      const found = await factsOf(profile)
      return isSilent(found) ? null : formulaOf(profile, found).total
    }
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

  return {
    of: async (profile) => (await looked(profile)).basis,
    async view(profile): Promise<Result<EstimateView, ContractError>> {
      const found = await looked(profile)
      const { problem } = found
      const isMistaken = problem?.code === 'model-missing' || problem?.code === 'model-invalid'
      // A file that is to be loaded and is not there is a mistake of whoever asks; other models may be fetched.
      if (RUNNER_SPECS[profile.kind].model.form === 'gguf' && isMistaken) return err(problem)
      return ok(await viewOf(profile, found))
    },
    facts: (path, kind) => facts.of(path, kind),
    models: allModels,
    observe: (profile, view) => learning.observe(profile, view),
    dispose() {
      planner?.dispose()
      store.close()
    }
  }
}

/** Its drive may be gone: each further look at it would hold a thread. */
const isSilent = ({ problem }: Found): boolean => problem?.code === 'timeout'
