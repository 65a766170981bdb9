import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import type { Settings } from '../../../shared/settings/schema.ts'
import { err, type Result } from '../../../shared/util/result.ts'
import type { Places } from '../../platform/ports.ts'
import type { LaunchPlan, PlanContext, PortState, RunnerAdapter } from '../supervisor/adapter.ts'
import { firstFreePort, portState } from '../supervisor/ports.ts'
import { redactArgs } from '../supervisor/redact.ts'
import { expandHome } from '../supervisor/target.ts'
import { shellText } from './shell-text.ts'

/** A form waits for it at each letter typed: a drive that does not answer by then is said to be slow. */
export const PREVIEW_DEADLINE_MS = 2_000
/** Who holds a port is searched in every process's descriptors: some 10 ms with 500 processes, so not at each letter. */
const PORT_KEPT_MS = 2_000

const IN_NETWORK = 'Everyone in your network can use it.'

export interface Preview {
  /** As it would be launched now, secrets redacted; empty where that cannot be said. */
  readonly commandLine: readonly string[]
  /** The same for a terminal. */
  readonly text: string
  readonly warnings: readonly string[]
}

export interface PreviewPorts {
  readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
  readonly places: Pick<Places, 'procRoot' | 'homeDir'>
  readonly settings: () => Settings
  readonly env: NodeJS.ProcessEnv
  readonly nowMs: () => number
  /** The engine's own command line of a plan in a container. */
  readonly containerCommandLine: (plan: LaunchPlan, profile: Profile) => readonly string[]
  /** The port on which a profile runs now; null: it does not. */
  readonly portOf: (id: string) => number | null
}

/** What a profile would launch, without launching it or promising it a port. */
export function createPreviewer(ports: PreviewPorts): (profile: Profile) => Promise<Preview> {
  const { adapters, places, settings, env } = ports
  /** Checks that hang in the file system each hold one of few threads: one per profile at most. */
  const hanging = new Set<string>()
  const seen = new Map<number, { readonly atMs: number; readonly state: Promise<PortState> }>()

  const lookAtPort = (port: number): Promise<PortState> => {
    const nowMs = ports.nowMs()
    for (const [one, { atMs }] of seen) if (nowMs - atMs > PORT_KEPT_MS) seen.delete(one)
    const kept = seen.get(port) ?? { atMs: nowMs, state: portState(places.procRoot, port) }
    seen.set(port, kept)
    return kept.state
  }
  const plan = async (
    profile: Profile,
    more: Pick<PlanContext, 'portState' | 'isPreview'>
  ): Promise<Result<LaunchPlan, ContractError>> => {
    try {
      return await adapters[profile.kind].plan(profile, {
        settings: settings(),
        env: { ...env, HOME: places.homeDir },
        firstFreePort: (from) => firstFreePort(from, () => false),
        ...more
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return err({ code: 'internal', message: `The launch could not be prepared: ${reason}.` })
    }
  }
  /** First as a launch would be checked; then, where that refuses, what would be launched if nothing were missing. */
  const planBoth = async (profile: Profile): Promise<Planned> => {
    const own = ports.portOf(profile.id)
    const checked = await plan(profile, {
      portState: async (port) => (port === own ? { kind: 'free' } : lookAtPort(port))
    })
    if (checked.ok) return { plan: checked.value, problem: null }
    const problem = checked.error.message
    const anyway = await plan(withModel(profile), {
      isPreview: true,
      portState: async () => ({ kind: 'free' })
    })
    return { plan: anyway.ok ? anyway.value : null, problem }
  }

  return async (given) => {
    const profile = { ...given, modelPath: expandHome(given.modelPath, places.homeDir) }
    const warnings = profile.lan ? [IN_NETWORK] : []
    const late: Planned = { plan: null, problem: noAnswer(profile) }
    if (hanging.has(profile.id))
      return { commandLine: [], text: '', warnings: [...warnings, late.problem ?? ''] }
    hanging.add(profile.id)
    const work = planBoth(profile).finally(() => hanging.delete(profile.id))
    const planned = await within(work, PREVIEW_DEADLINE_MS, late)
    if (planned.problem !== null) warnings.push(planned.problem)
    return { ...commandOf(planned.plan, profile, ports.containerCommandLine), warnings }
  }
}

interface Planned {
  readonly plan: LaunchPlan | null
  readonly problem: string | null
}

function commandOf(
  plan: LaunchPlan | null,
  profile: Profile,
  containerCommandLine: PreviewPorts['containerCommandLine']
): Pick<Preview, 'commandLine' | 'text'> {
  if (plan === null) return { commandLine: [], text: '' }
  const { container } = plan
  const argv = container === null ? [plan.file, ...plan.args] : containerCommandLine(plan, profile)
  const text = shellText({
    argv,
    env: container === null ? plan.env : {},
    breakBefore: container === null ? [] : [container.image]
  })
  return { commandLine: redactArgs(argv), text }
}

/** The example that the form shows stands for a model that nobody has named yet. */
const withModel = (profile: Profile): Profile =>
  profile.modelPath === '' && RUNNER_SPECS[profile.kind].model.form !== 'none'
    ? { ...profile, modelPath: RUNNER_SPECS[profile.kind].model.placeholder }
    : profile

const noAnswer = ({ modelPath }: Profile): string =>
  `${modelPath === '' ? 'The program' : `${modelPath} or the program`} could not be checked within ` +
  `${PREVIEW_DEADLINE_MS / 1000} s. Is it on a network drive that is gone?`

async function within<T>(work: Promise<T>, ms: number, late: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => resolve(late), ms)
  void work.then(resolve, () => resolve(late)).finally(() => clearTimeout(timer))
  return promise
}
