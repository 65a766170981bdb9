import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerView } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { LaunchPlan } from './adapter.ts'
import type { StartWish, Ticket } from './admission-port.ts'
import type { ExitStatus } from './exit-words.ts'
import { processesInWords } from './identity.ts'
import { launch } from './launch.ts'
import { launchContainer } from './launch-container.ts'
import type { LiveProcess } from './live-process.ts'
import type { RunnerCore } from './runner-core.ts'
import { askForRoom, ENDING, holdOf, tellNote, turnOfRestart, waitForTurn } from './waiting.ts'

/** Plans and launches a runner, by wish or after a crash. */
export interface Starting {
  begin(
    event: 'launch' | 'relaunch',
    wanted: Profile,
    wish: StartWish
  ): Promise<Result<RunnerView, ContractError>>
  spawn(plan: LaunchPlan): Promise<Result<RunnerView, ContractError>>
}

export function createStarting(
  core: RunnerCore,
  /** Its root has ended without being asked to. */
  onEnd: (ended: LiveProcess, status: ExitStatus, plan: LaunchPlan) => Promise<void>
): Starting {
  const { deps, closing } = core
  /** Settles when it is there, or once something begins that takes long: a stop may end that at any time. */
  const spawnContainer = (plan: LaunchPlan): Promise<Result<RunnerView, ContractError>> => {
    const { promise: answer, resolve } = Promise.withResolvers<Result<RunnerView, ContractError>>()
    const abort = new AbortController()
    const start = async (): Promise<void> => {
      const launched = await launchContainer({
        ...deps,
        id: core.profile.id,
        plan,
        abort: AbortSignal.any([abort.signal, closing.signal]),
        onPhase(words) {
          if (core.state !== 'starting') return
          core.text = words
          core.publish()
          resolve(ok(core.view()))
        }
      })
      core.launching = null
      if (launched.ok) {
        const { container } = launched.value
        closing.signal.addEventListener('abort', () => container?.dispose(), { once: true })
        core.live = launched.value
        core.persist()
        core.publish()
        resolve(ok(core.view()))
      } else {
        if (core.state === 'starting' && !closing.signal.aborted) core.apply('fail', launched.error.message)
        resolve(launched)
      }
    }
    const done = start().catch((error: unknown) => {
      // Whoever waits for it must not wait for ever.
      core.launching = null
      deps.ports.logger.error(`${core.profile.id} could not be started`, error)
      const reason = error instanceof Error ? error.message : String(error)
      const message = `${core.profile.label} was not started: ${reason}. Look at Firebreak's log, then try again.`
      if (core.state === 'starting' && !closing.signal.aborted) core.apply('fail', message)
      resolve(err({ code: 'internal', message }))
    })
    core.launching = { abort, done }
    return answer
  }
  const spawn = async (plan: LaunchPlan): Promise<Result<RunnerView, ContractError>> => {
    if (plan.container !== null) return spawnContainer(plan)
    const launched = await launch({ ...deps, id: core.profile.id, plan })
    if (!launched.ok) {
      core.apply('fail', launched.error.message)
      return launched
    }
    const current = launched.value
    core.live = current
    current.child?.once('exit', (code, signal) => {
      current.exit = { code, signal }
      // A stop sees the end by itself; after one that could not end all, it is no news either.
      const isExpected = core.state === 'stopping' || !core.isActive()
      if (!closing.signal.aborted && !isExpected) void onEnd(current, { code, signal }, plan)
    })
    core.persist()
    core.publish()
    return ok(core.view())
  }
  /** Ends with the launch under way, or with nothing reserved. */
  const go = async (
    event: 'launch' | 'relaunch',
    wanted: Profile,
    plan: LaunchPlan,
    ticket: Ticket | null
  ): Promise<Result<RunnerView, ContractError>> => {
    // A stop may have come while the plan was made, or while it waited.
    if (event === 'relaunch' && core.state !== 'restarting') {
      ticket?.release()
      return ok(core.view())
    }
    core.running = wanted
    core.guardStopped = false
    if (ticket !== null) tellNote(core, ticket)
    core.apply(event, 'Starting.')
    const launched = await spawn(plan)
    if (!launched.ok) ticket?.release()
    return launched
  }
  /** After a wait everything may be different: it is planned anew. */
  const goAtTurn = async (
    event: 'launch' | 'relaunch',
    wanted: Profile,
    ticket: Ticket
  ): Promise<Result<RunnerView, ContractError>> => {
    const planned = await deps.plan(wanted)
    if (planned.ok && !closing.signal.aborted) return go(event, wanted, planned.value, ticket)
    ticket.release()
    return planned.ok ? ENDING : planned
  }
  return {
    spawn,
    async begin(event, wanted, wish) {
      await core.cleaning
      if (core.live !== null) return err(stillThere(core.profile.label, core.live))
      const held = holdOf(core, wish)
      if (held !== null) return err(held)
      const planned = await deps.plan(wanted)
      if (closing.signal.aborted) return ENDING
      if (!planned.ok) return planned
      const asked = await askForRoom(core, wanted, wish)
      if (closing.signal.aborted) return ENDING
      if (!asked.ok) {
        deps.unplan()
        return asked
      }
      const ticket = asked.value
      if (ticket === null || ticket.waitsFor === null) return go(event, wanted, planned.value, ticket)
      deps.unplan()
      if (event === 'launch') return waitForTurn(core, ticket, () => goAtTurn(event, wanted, ticket))
      const turn = await turnOfRestart(core, ticket)
      return turn.ok ? goAtTurn(event, wanted, ticket) : turn
    }
  }
}

/** A second copy beside what could not be ended would need twice the memory. */
function stillThere(label: string, left: LiveProcess): ContractError {
  return {
    code: 'refused',
    message:
      `${label} cannot be started: of its last run ${processesInWords(left.members)} could not be ended ` +
      'and may hold its memory. Stop it once more, or wait until it is gone.'
  }
}
