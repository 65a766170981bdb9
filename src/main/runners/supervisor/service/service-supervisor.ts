import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { HeldModel, Profile, RunnerView } from '../../../../shared/model/runner.ts'
import { disposable } from '../../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { LaunchPlan } from '../adapter.ts'
import { PLAIN_WISH, type StartWish, type Ticket } from '../admission-port.ts'
import { GUARD_STOPPED } from '../guarded.ts'
import { redactArgs } from '../redact.ts'
import type { SupervisorDeps } from '../runner-core.ts'
import type { Supervisor } from '../supervisor.ts'
import {
  askForRoom,
  ENDING,
  holdOf,
  runningOf,
  startOfWaiting,
  stopWait,
  tellNote,
  waitForTurn
} from '../waiting.ts'
import { adoptModel } from './adopting.ts'
import { createLoadLook, loadModel } from './loading.ts'
import { reachService } from './reach-service.ts'
import { createServiceCore, isLoaded, type ModelRun, type ServiceCore } from './service-core.ts'
import { mayStartService } from './services.ts'
import { unloadModel } from './unloading.ts'
import { createServiceWatch } from './watching.ts'

const LIST_TIMEOUT_MS = 5_000

type Started = Result<RunnerView, ContractError>

/**
 * One model in a service that runs anyway: start loads it, stop unloads it and proves that its memory is back. The
 * service itself is never ended, and what others loaded in it is left alone.
 */
export function createServiceSupervisor(initial: Profile, deps: SupervisorDeps): Supervisor {
  const core = createServiceCore(initial, deps)
  const loading = createLoadLook(core)
  const watch = createServiceWatch(core)
  return {
    profile: () => core.profile,
    setProfile(next) {
      core.profile = next
      core.publish()
    },
    running: () => runningOf(core),
    view: () => core.view(),
    isBusy: () => core.isActive() || core.starting !== null || core.run !== null,
    async start(wanted, wish = PLAIN_WISH) {
      const { label } = core.profile
      const waits = startOfWaiting(core, wanted, wish)
      if (waits !== null) return waits
      if (core.state === 'stopping') {
        const message = `${label} is just being stopped. Start it again when its memory is back.`
        return err({ code: 'refused', message })
      }
      if (core.isActive() || core.starting !== null) {
        return err({ code: 'already-running', message: `${label} is already running (${core.state}).` })
      }
      core.starting = begin(core, wanted, wish).finally(() => {
        core.starting = null
      })
      return core.starting
    },
    async stop() {
      if (core.stopping === null && core.starting !== null && !core.isActive()) await core.starting
      const ended = stopWait(core)
      if (ended !== null) return ended
      if (core.stopping === null && !core.isActive() && core.run === null) {
        return err({ code: 'not-running', message: `${core.profile.label} is not running.` })
      }
      return unloadModel(core, null)
    },
    adopt: (record) => adoptModel(core, record),
    tick(processes) {
      const { run } = core
      if (run === null || core.state === 'stopping') return
      core.held.look(processes)
      if (core.state === 'loading') {
        if (run.loading !== null) loading.tick(run)
      } else if (core.state === 'ready') watch.tick(run)
      else if (!core.isActive() && core.held.members.length === 0) {
        core.run = null
        core.text = `${core.profile.label}: the process that still held it is gone now.`
      }
      core.persist()
      core.publish()
    },
    record: () => core.record(),
    noteGuardEvent(kind) {
      if (kind !== 'terminate' && kind !== 'kill') return
      core.guardStopped = true
      if (core.state !== 'failed' && core.state !== 'stopped') return
      core.text = GUARD_STOPPED
      core.publish()
    },
    ...disposable(() => core.closing.abort())
  }
}

/** Checks the service and whether it has the model, asks for room, then has it loaded; answers once that is under way. */
async function begin(core: ServiceCore, wanted: Profile, wish: StartWish): Promise<Started> {
  const { deps } = core
  const held = holdOf(core, wish)
  if (held !== null) return err(held)
  const planned = await deps.plan(wanted)
  if (!planned.ok) return planned
  const { url, port } = planned.value
  // A service that would be started is started only once there is room for the model.
  if (!mayStartService(wanted)) {
    const reached = await reachService(core, wanted, url, port)
    if (!reached.ok) return reached
  }
  const models = (await deps.adapter.models?.list(url, LIST_TIMEOUT_MS)) ?? null
  const missing = missingModel(core, wanted, models)
  if (missing !== null) return err(missing)
  if (isHeld(core, wanted, models)) {
    const heldNow = holdOf(core, PLAIN_WISH)
    // Another client had it loaded: it takes no more, and there is nothing to wait for.
    return heldNow === null ? load(core, wanted, planned.value, null) : err(heldNow)
  }
  const asked = await askForRoom(core, wanted, wish)
  if (core.closing.signal.aborted) return ENDING
  if (!asked.ok) {
    deps.unplan()
    return asked
  }
  const ticket = asked.value
  const go = (): Promise<Started> => load(core, wanted, planned.value, ticket)
  return ticket === null || ticket.waitsFor === null ? go() : waitForTurn(core, ticket, go)
}

/** Has it loaded; with nothing reserved where that cannot begin. */
async function load(
  core: ServiceCore,
  wanted: Profile,
  { url, port, file, args }: LaunchPlan,
  ticket: Ticket | null
): Promise<Started> {
  const { deps, facts } = core
  const reached = await reachService(core, wanted, url, port)
  const models = reached.ok ? ((await deps.adapter.models?.list(url, LIST_TIMEOUT_MS)) ?? null) : null
  const missing = missingModel(core, wanted, models)
  const refusal = !reached.ok ? reached : core.closing.signal.aborted ? ENDING : missing && err(missing)
  if (refusal !== null) {
    ticket?.release()
    return refusal
  }
  if (ticket !== null) tellNote(core, ticket)
  const run: ModelRun = {
    url,
    port,
    startedAtMs: deps.ports.clock.nowMs(),
    commandLine: redactArgs([file, ...args]),
    readyAtMs: null,
    saidBytes: null,
    loading: null
  }
  core.held.forget()
  core.running = wanted
  core.guardStopped = false
  core.stuck = null
  core.models = models
  core.run = run
  core.apply('launch', 'Starting.')
  core.apply('alive', `Loading in ${facts.name}.`)
  run.loading = loadModel(core, run)
  core.held.look()
  core.persist()
  return ok(core.view())
}

/** Why a service that has listed its models cannot load this one; null: it can, or it has not said. */
function missingModel(
  { facts }: ServiceCore,
  { modelPath }: Profile,
  models: readonly HeldModel[] | null
): ContractError | null {
  if (models === null || models.some((model) => facts.isSame(model.name, modelPath))) return null
  const message = `${facts.name} has no model '${modelPath}'. ${facts.howToGet(modelPath)}`
  return { code: 'model-missing', message }
}

const isHeld = (
  { facts }: ServiceCore,
  { modelPath }: Profile,
  models: readonly HeldModel[] | null
): boolean => models?.some((model) => facts.isSame(model.name, modelPath) && isLoaded(model)) === true
