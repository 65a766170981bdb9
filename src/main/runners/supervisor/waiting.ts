import { closeSync } from 'node:fs'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerView, StopResult } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { StartWish, Ticket } from './admission-port.ts'
import type { RunnerCore } from './runner-core.ts'
import type { ServiceCore } from './service/service-core.ts'

/** Of a process and of a model in a service: both wait for room in the same way. */
type Waiting = RunnerCore | ServiceCore
type Started = Result<RunnerView, ContractError>

/** Asks for room; null where nobody counts it. What it waits for is told as long as the runner waits by it. */
export async function askForRoom(
  core: Waiting,
  wanted: Profile,
  wish: StartWish
): Promise<Result<Ticket | null, ContractError>> {
  const { admission } = core.deps.ports
  if (admission === undefined) return ok(null)
  const asked = await admission.ask(wanted, wish, (words) => {
    // Before it waits, its first words are told with the state.
    if (core.waiting === null) return
    core.text = words
    core.publish()
  })
  // Nobody would give back what is reserved for it.
  if (asked.ok && core.closing.signal.aborted) asked.value.release()
  return asked
}

/** Why a launch that had its turn is not made after all. */
export const ENDING = err({ code: 'disconnected', message: 'Firebreak is ending.' } as const)

/** Waits in the state 'waiting', and launches when it is its turn. Answers at once. */
export function waitForTurn(core: Waiting, ticket: Ticket, launch: () => Promise<Started>): Started {
  if (!core.apply('wait', ticket.waitsFor ?? 'Waits for its turn.')) {
    ticket.release()
    return ok(core.view())
  }
  core.waiting = ticket
  core.closing.signal.addEventListener('abort', ticket.release, { once: true })
  const go = async (): Promise<void> => {
    const turn = await ticket.turn
    core.closing.signal.removeEventListener('abort', ticket.release)
    // Stopped meanwhile, or started in another way.
    if (core.waiting !== ticket) return
    core.waiting = null
    if (core.closing.signal.aborted) return
    if (!turn.ok) {
      core.apply('fail', turn.error.message)
      return
    }
    core.starting = launch()
    const started = await core.starting
    core.starting = null
    if (!started.ok) ticket.release()
    if (!started.ok && core.state === 'waiting') core.apply('fail', started.error.message)
  }
  void go().catch((error: unknown) => {
    core.starting = null
    ticket.release()
    core.deps.ports.logger.error(`${core.profile.id} could not be started at its turn`, error)
    const reason = error instanceof Error ? error.message : String(error)
    if (core.state === 'waiting') core.apply('fail', `It was not started: ${reason}.`)
  })
  return ok(core.view())
}

/** Waits no longer; false where it does not wait. */
export function endWait(core: Waiting, words: string): boolean {
  const { waiting } = core
  if (waiting === null || core.state !== 'waiting') return false
  core.waiting = null
  waiting.release()
  return core.apply('ended', words)
}

/** A stop of one that waits: nothing was started, so nothing comes back. */
export function stopWait(core: Waiting): Result<StopResult, ContractError> | null {
  const text = `${core.profile.label} no longer waits. Nothing of it was started.`
  if (!endWait(core, text)) return null
  return ok({ bytesReturned: 0, bytesExpected: 0, seconds: 0, left: [], memoryIsBack: true, text })
}

/**
 * A second start of one that waits changes something only where its name was typed: it starts anyway, from its place.
 * Null: it does not wait, or waited for another launch than is wanted now; it begins anew.
 */
export function startOfWaiting(core: Waiting, wanted: Profile, wish: StartWish): Started | null {
  if (core.state !== 'waiting') return null
  const { id, label } = core.profile
  const typed = wish.phrase?.trim() ?? ''
  if (typed === id || typed === label) {
    if (core.waiting?.insist(wanted, typed) === true) return ok(core.view())
    if (endWait(core, 'Started anyway.')) return null
  }
  return err({ code: 'already-running', message: `${label} waits already. ${core.text}` })
}

/** Why nothing may be launched now, in words; null: it may, or its turn comes once it may. */
export function holdOf({ deps }: Waiting, { waits }: StartWish): ContractError | null {
  const { launchHold, admission } = deps.ports
  if (waits && admission !== undefined) return null
  const message = launchHold?.() ?? null
  return message === null ? null : { code: 'refused', message }
}

/** As it was launched, or would be. */
export const runningOf = (core: Waiting): Profile =>
  core.isActive() && core.state !== 'waiting' ? core.running : core.profile

/** What is worth telling of a launch: in its log, and to who can do something. */
export function tellNote(core: Waiting, { note }: Ticket): void {
  if (note === null) return
  try {
    closeSync(core.deps.log.openForRunner(`[firebreak] ${note.text}`))
  } catch {
    // The launch itself says why its log cannot be written.
  }
  if (note.whatToDo !== null) {
    core.deps.tell({ text: note.text, whatToDo: note.whatToDo, runnerId: core.profile.id })
  }
}

/** A restart waits in its own state, with the words of what it waits for. */
export async function turnOfRestart(core: RunnerCore, ticket: Ticket): Promise<Result<void, ContractError>> {
  if (core.state !== 'restarting') ticket.release()
  else {
    core.waiting = ticket
    core.text = ticket.waitsFor ?? core.text
    core.publish()
  }
  core.closing.signal.addEventListener('abort', ticket.release, { once: true })
  const turn = await ticket.turn
  core.closing.signal.removeEventListener('abort', ticket.release)
  if (core.waiting === ticket) core.waiting = null
  return turn
}
