import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { err, type Result } from '../../../shared/util/result.ts'
import type { LaunchPlan, PortState, RunnerAdapter } from './adapter.ts'
import { firstFreePort, portState } from './ports.ts'
import type { SupervisorPorts } from './types.ts'

/** Headers of models are read in well under a second; a drive that takes longer than this does not answer. */
export const PLAN_DEADLINE_MS = 10_000

/** Checks before a launch, and the ports that are promised to launches. */
export interface Planning {
  /** Settles within the deadline, whatever the file system does. */
  plan(profile: Profile): Promise<Result<LaunchPlan, ContractError>>
  promise(id: string, port: number): void
  /** Nothing is launched on the promised port for now. */
  forget(id: string): void
}

export function createPlanning(options: {
  readonly ports: Pick<SupervisorPorts, 'places' | 'logger' | 'settings'>
  readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
  readonly env: NodeJS.ProcessEnv
  /** Whether the runner still needs the port it was promised. */
  readonly isBusy: (id: string) => boolean
}): Planning {
  const { adapters, env, isBusy } = options
  const { places, logger, settings } = options.ports
  const promised = new Map<string, number>()
  /** Checks that hang in the file system: each holds one of few threads, so there is one per runner at most. */
  const hanging = new Set<string>()
  let choosing: Promise<unknown> = Promise.resolve()

  /** One choice of a port at a time, so that two launches are never promised the same; files are checked apart. */
  const alone = <T>(choose: () => Promise<T>): Promise<T> => {
    const next = choosing.then(choose)
    choosing = next.catch(() => undefined)
    return next
  }
  const holder = (port: number, exceptId: string): string | null =>
    [...promised].find(([id, one]) => id !== exceptId && one === port && isBusy(id))?.[0] ?? null

  const check = async (profile: Profile): Promise<Result<LaunchPlan, ContractError>> => {
    try {
      return await adapters[profile.kind].plan(profile, {
        settings: settings(),
        env: { ...env, HOME: places.homeDir },
        firstFreePort: (from) =>
          alone(async () => {
            const port = await firstFreePort(from, (one) => holder(one, profile.id) !== null)
            promised.set(profile.id, port)
            return port
          }),
        portState: (port) =>
          alone(async (): Promise<PortState> => {
            const other = holder(port, profile.id)
            if (other !== null) return { kind: 'taken', by: other }
            const state = await portState(places.procRoot, port)
            if (state.kind === 'free') promised.set(profile.id, port)
            return state
          })
      })
    } catch (error) {
      logger.error(`the launch of ${profile.id} could not be planned`, error)
      const message = error instanceof Error ? error.message : String(error)
      return err({ code: 'internal', message: `The launch could not be prepared: ${message}.` })
    }
  }

  return {
    promise: (id, port) => void promised.set(id, port),
    forget: (id) => void promised.delete(id),
    async plan(profile) {
      if (hanging.has(profile.id)) return err(noAnswer(profile))
      hanging.add(profile.id)
      const checked = check(profile).finally(() => hanging.delete(profile.id))
      return withDeadline(checked, PLAN_DEADLINE_MS, () => err(noAnswer(profile)))
    }
  }
}

const noAnswer = ({ label, modelPath }: Profile): ContractError => ({
  code: 'timeout',
  message:
    `${label} was not started: ${modelPath} or the program could not be checked within ` +
    `${PLAN_DEADLINE_MS / 1000} s. Is it on a network drive that is gone? Mount it again, or choose another file.`
})

function withDeadline<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => resolve(late()), ms)
  void work.then(resolve, () => resolve(late())).finally(() => clearTimeout(timer))
  return promise
}
