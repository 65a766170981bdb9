import { useEffect, useMemo, useState } from 'react'
import { verdictOf } from '../../../../shared/domain/admission/verdict.ts'
import { readOptions } from '../../../../shared/domain/estimator/llamacpp/arguments.ts'
import { estimateProfile } from '../../../../shared/domain/estimator/estimate.ts'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Estimate, EstimateMachine, EstimateView, Verdict } from '../../../../shared/model/estimate.ts'
import type { ModelFacts } from '../../../../shared/model/model-facts.ts'
import { ACTIVE_STATES, type Profile, type RunnerKind } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import { availableBytes } from '../../format/available.ts'
import { usePanel } from '../../stores/context.ts'
import { factsKey } from '../../stores/estimates.ts'
import type { LiveState } from '../../stores/live.ts'
import type { RunnersState } from '../../stores/runners.ts'

/** After the last change, in ms: the ways out are looked for when a slider rests, not at each of its steps. */
const DEBOUNCE_MS = 300

/** What is known of a profile that is being made. */
export interface FormFit {
  /** Null while the form has errors, or while its model's header is read. */
  readonly estimate: Estimate | null
  readonly verdict: Verdict
  readonly allocatableBytes: number
  readonly facts: ModelFacts | null
  /** Why the model's header could not be read. */
  readonly problem: ContractError | null
  readonly isReading: boolean
  /** The core's own, with measurements and ways out; of the last settings that rested. */
  readonly view: EstimateView | null
}

/** Steps that no estimate tells apart: without them each tick would make all of it anew. */
const STEP_BYTES = 2 ** 24
const calm = (bytes: number): number => Math.floor(bytes / STEP_BYTES) * STEP_BYTES

const calmAvailable = ({ live }: LiveState): number => (live === null ? 0 : calm(availableBytes(live)))

function useMachine(): EstimateMachine {
  const memTotalBytes = usePanel('live', ({ live }) => live?.memTotalBytes ?? 0)
  const memAvailableBytes = usePanel('live', calmAvailable)
  const topology = usePanel('live', ({ live }) => live?.topology ?? 'none')
  return useMemo(
    () => ({ memTotalBytes, memAvailableBytes, topology }),
    [memTotalBytes, memAvailableBytes, topology]
  )
}

interface Read {
  readonly facts: ModelFacts | null
  readonly problem: ContractError | null
  readonly isReading: boolean
}
const NOTHING: Read = { facts: null, problem: null, isReading: false }

/** The header of a model, read once per path; there is none to read where the path is empty. */
function useFacts(path: string, kind: RunnerKind): Read {
  const read = usePanel('estimates', (state) => state.readFacts)
  const known = usePanel('estimates', (state) => state.facts.get(factsKey(path, kind)))
  const isForgotten = known === undefined
  useEffect(() => {
    if (path === '' || !isForgotten) return undefined
    const timer = setTimeout(() => read(path, kind), DEBOUNCE_MS)
    return () => clearTimeout(timer)
  }, [path, kind, read, isForgotten])
  if (path === '') return NOTHING
  if (known === undefined || known === null) return { ...NOTHING, isReading: true }
  return known.ok ? { ...NOTHING, facts: known.value } : { ...NOTHING, problem: known.error }
}

/** The model whose header says something; a folder of programs has none. */
function modelOf(profile: Profile | null): string {
  if (profile === null) return ''
  const { form } = RUNNER_SPECS[profile.kind].model
  return form === 'none' || form === 'path' ? '' : profile.modelPath
}

const draftModelOf = (profile: Profile | null): string =>
  profile?.kind === 'llamacpp' ? (readOptions(profile.settings.extraArgs).get('draft') ?? '') : ''

/** Who could be stopped: another set has other ways out. */
const activeIds = ({ runners }: RunnersState): string =>
  runners
    .filter(({ state }) => ACTIVE_STATES.includes(state))
    .map(({ id }) => id)
    .join('\n')

/** Asked for when settings rest, and again when what is free makes it another verdict, or others run. */
function useView(
  wanted: string,
  verdict: Verdict
): { readonly view: EstimateView | null; readonly of: string } {
  const ask = usePanel('estimates', (state) => state.view)
  const [shown, setShown] = useState<{ readonly view: EstimateView | null; readonly of: string }>({
    view: null,
    of: ''
  })
  const active = usePanel('runners', activeIds)
  const question = useMemo(() => ({ wanted, verdict, active }), [wanted, verdict, active])
  useEffect(() => {
    const of = question.wanted
    if (of === '') return undefined
    let isOld = false
    const timer = setTimeout(() => {
      void ask(JSON.parse(of) as Profile).then((result) => {
        if (!isOld && result.ok) setShown({ view: result.value, of })
      })
    }, DEBOUNCE_MS)
    return () => {
      isOld = true
      clearTimeout(timer)
    }
  }, [question, ask])
  return shown
}

/**
 * Whether a profile would fit, anew with every change: by formula at once, here, and as the core knows it a moment
 * later. `profile` is null while the form has errors.
 */
export function useFit(profile: Profile | null): FormFit {
  const machine = useMachine()
  const kind = profile?.kind ?? 'custom'
  const { facts, problem, isReading } = useFacts(modelOf(profile), kind)
  const draft = useFacts(draftModelOf(profile), kind).facts
  const allocatableBytes = usePanel('live', ({ live }) => calm(live?.admission.allocatableBytes ?? 0))
  // The form makes a new object at each draw; what it says is what counts.
  const wanted = profile === null ? '' : JSON.stringify(profile)
  const formula = useMemo(
    () =>
      wanted === '' || isReading
        ? null
        : estimateProfile({ profile: JSON.parse(wanted) as Profile, facts, draft, machine }),
    [wanted, isReading, facts, draft, machine]
  )
  const judge = (estimate: Estimate | null): Verdict =>
    estimate === null ? 'unknown' : verdictOf(estimate.total, estimate.confidence, allocatableBytes)
  const { view, of } = useView(isReading ? '' : wanted, judge(formula))
  const isNow = view !== null && of === wanted
  const estimate = isNow ? view.estimate : formula
  return {
    estimate,
    verdict: judge(estimate),
    allocatableBytes,
    facts,
    problem,
    isReading: isReading && wanted !== '',
    view: isNow ? view : null
  }
}
