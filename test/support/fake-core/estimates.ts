import type { CommandName } from '../../../src/shared/contract/channels.ts'
import { COMMANDS } from '../../../src/shared/contract/commands.ts'
import type { ContractError } from '../../../src/shared/contract/errors.ts'
import { verdictOf, verdictSentence } from '../../../src/shared/domain/admission/verdict.ts'
import { waysOut } from '../../../src/shared/domain/admission/ways-out.ts'
import { estimateProfile } from '../../../src/shared/domain/estimator/estimate.ts'
import type {
  AdmissionStatus,
  Estimate,
  EstimateMachine,
  EstimateView,
  Measured
} from '../../../src/shared/model/estimate.ts'
import type { LlamaCppProfile, Profile, RunnerView } from '../../../src/shared/model/runner.ts'
import type { Live } from '../../../src/shared/model/status.ts'
import { defaultLlamaCppSettings } from '../../../src/shared/settings/llamacpp-defaults.ts'
import { err, ok, type Result } from '../../../src/shared/util/result.ts'
import { FACTS_BY_PATH } from './model-facts.ts'
import type { Scenario } from './scenarios.ts'

/** DRAM of the made-up machine, bytes a second. */
const BANDWIDTH_BYTES_PER_S = 273e9

/** What is told of estimates and admission besides what follows from the models' headers. */
export interface FitStory {
  /** By profile id: it ran here before. */
  readonly measured?: Readonly<Record<string, Measured>>
  /** Profiles whose figures come from llama.cpp's own planner. */
  readonly planned?: readonly string[]
  /** A start that does not fit is refused. */
  readonly refuses?: boolean
  readonly reservations?: AdmissionStatus['reservations']
  readonly waiting?: AdmissionStatus['waiting']
}

export interface FakeEstimatesHost {
  readonly scenario: Scenario
  live(): Live
  profiles(): readonly Profile[]
  runners(): readonly RunnerView[]
}

export interface FakeEstimates {
  /** Undefined: not a command of these. */
  answer(command: string, input: unknown): Result<unknown, ContractError> | undefined
  /** Why a start is refused; null: it may be tried. */
  refusal(input: unknown): ContractError | null
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.gguf$/, '')

const newProfile = (path: string): LlamaCppProfile => ({
  id: 'new',
  label: baseName(path),
  kind: 'llamacpp',
  modelPath: path,
  settings: defaultLlamaCppSettings(),
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
})

const missing = (path: string): ContractError => ({
  code: 'model-missing',
  message: `There is no model at ${path}.`
})

const measuredEstimate = (formula: Estimate, { restingBytes, peakBytes }: Measured): Estimate => ({
  ...formula,
  source: 'measured',
  confidence: 'good',
  total: { lowBytes: restingBytes, expectedBytes: restingBytes, peakBytes }
})

/** Estimates of a made-up machine: the product's own formulas over headers of real shapes. */
export function createFakeEstimates(host: FakeEstimatesHost): FakeEstimates {
  const story = host.scenario.fit ?? {}
  const machine = (): EstimateMachine => {
    const { memTotalBytes, memAvailableBytes, topology } = host.live()
    return { memTotalBytes, memAvailableBytes, topology }
  }
  const formulaOf = (profile: Profile): Estimate =>
    estimateProfile({
      profile,
      facts: FACTS_BY_PATH.get(profile.modelPath) ?? null,
      draft: null,
      machine: machine()
    })
  const viewOf = (profile: Profile): EstimateView => {
    const { admission, memTotalBytes, guard } = host.live()
    const { allocatableBytes } = admission
    const formula = formulaOf(profile)
    const measured = story.measured?.[profile.id] ?? null
    const isPlanned = story.planned?.includes(profile.id) === true
    const estimate =
      measured !== null
        ? measuredEstimate(formula, measured)
        : isPlanned
          ? { ...formula, source: 'planner' as const }
          : formula
    const { total, confidence, activeWeightBytes } = estimate
    const facts = FACTS_BY_PATH.get(profile.modelPath)
    const trained = facts?.format === 'gguf' ? facts.hparams['context_length'] : facts?.config?.maxPositions
    return {
      estimate,
      formula: measured === null && !isPlanned ? null : formula.total,
      measured,
      verdict: verdictOf(total, confidence, allocatableBytes),
      sentence: verdictSentence(profile.label, total, confidence, allocatableBytes),
      allocatableBytes,
      options: waysOut({
        profile,
        estimate,
        allocatableBytes,
        mostBytes: memTotalBytes - guard.reserveBytes,
        memTotalBytes,
        estimateOf: formulaOf,
        trainedContext: typeof trained === 'number' ? trained : null,
        canHaveSmallCache: true,
        needOf: () => null,
        quants: host.scenario.models
          .filter(({ path }) => path !== profile.modelPath && sameName(path, profile.modelPath))
          .map(({ path, label }) => {
            const other = formulaOf({ ...profile, modelPath: path } as Profile)
            return { path, label, total: other.total, confidence: other.confidence }
          }),
        runners: host.runners().map((one) => {
          const own = host.profiles().find(({ id }) => id === one.id)
          return { ...one, importance: own?.importance ?? 'normal', pinned: own?.pinned ?? false }
        })
      }),
      ceilingTokensPerS: activeWeightBytes === null ? null : BANDWIDTH_BYTES_PER_S / activeWeightBytes
    }
  }
  const wanted = (input: unknown): Profile | null => {
    const { target, settings } = COMMANDS['estimate.get'].input.parse(input)
    const own = host.profiles().find(({ id }) => id === target)
    const profile = own ?? (FACTS_BY_PATH.has(target) ? newProfile(target) : null)
    return profile === null
      ? null
      : ({ ...profile, settings: { ...profile.settings, ...settings } } as Profile)
  }
  return {
    answer(command, input) {
      switch (command as CommandName) {
        case 'models.facts': {
          const { path } = COMMANDS['models.facts'].input.parse(input)
          const facts = FACTS_BY_PATH.get(path)
          return facts === undefined ? err(missing(path)) : ok(facts)
        }
        case 'estimate.models':
          return ok(
            host.scenario.models.flatMap(({ path }) => {
              if (!FACTS_BY_PATH.has(path)) return []
              const { total, confidence } = formulaOf(newProfile(path))
              return [{ path, total, isRough: confidence !== 'good' }]
            })
          )
        case 'estimate.profile':
          return ok(viewOf(COMMANDS['estimate.profile'].input.parse(input).profile as Profile))
        case 'estimate.get': {
          const profile = wanted(input)
          return profile === null ? err(missing(JSON.stringify(input))) : ok(viewOf(profile))
        }
        default:
          return undefined
      }
    },
    refusal(input) {
      const { waits, phrase, target, settings } = COMMANDS['runners.start'].input.parse(input)
      if (story.refuses !== true || waits === true) return null
      const profile = wanted({ target, ...(settings === undefined ? {} : { settings }) })
      if (profile === null || phrase === profile.label) return null
      const { verdict, sentence } = viewOf(profile)
      return verdict === 'does-not-fit' ? { code: 'does-not-fit', message: sentence } : null
    }
  }
}

/** The same model in another quantisation: names up to the size are the same. */
const sameName = (one: string, other: string): boolean => {
  const stem = (path: string): string => baseName(path).replace(/-(?:Q\d|IQ\d|mxfp4|F16|BF16).*$/i, '')
  return stem(one) === stem(other)
}

/** What is spoken for on the made-up machine. */
export function admissionOf(
  story: FitStory | undefined,
  availableBytes: number,
  reserveBytes: number
): AdmissionStatus {
  const reservations = story?.reservations ?? []
  const reservedBytes = reservations.reduce(
    (sum, { bytes, takenBytes }) => sum + Math.max(0, bytes - takenBytes),
    0
  )
  return {
    allocatableBytes: Math.max(0, availableBytes - reserveBytes - reservedBytes),
    reservedBytes,
    growthBytes: 0,
    reservations,
    waiting: story?.waiting ?? []
  }
}
