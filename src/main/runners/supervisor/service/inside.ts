import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { RunnerKind, RunnerView, StopResult } from '../../../../shared/model/runner.ts'
import { bytesInWords } from '../../../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { RunnerAdapter } from '../adapter.ts'
import { expectedBytes, waitForMemory } from '../memory-back.ts'
import { pause } from '../pause.ts'
import type { Supervisor } from '../supervisor.ts'
import type { Runners, SupervisorPorts } from '../types.ts'

/** A runner that is busy answers when its work allows. */
const FREE_TIMEOUT_MS = 30_000
/** Some give memory back only when the job under way is over; after this, what has come is what is told. */
const SETTLE_DEADLINE_MS = 30_000
/** Nothing more comes when this long nothing has. */
const SETTLED_AFTER_MS = 2_000
const LOOK_INTERVAL_MS = 250
/** As long as a load in a service may take. */
const LOAD_TIMEOUT_MS = 3_600_000
const UNLOAD_TIMEOUT_MS = 60_000

/** A runner as these operations see it. */
interface Inside {
  readonly adapter: RunnerAdapter
  view(): RunnerView
  readonly ports: Pick<SupervisorPorts, 'machine' | 'clock'>
  readonly abort: AbortSignal
}

/** What can be done inside runners that go on running; see Runners. */
export function insideOperations(options: {
  readonly find: (id: string) => Supervisor | null
  readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
  readonly ports: Inside['ports']
  readonly abort: AbortSignal
}): Pick<Runners, 'free' | 'loadModel' | 'unloadModel'> {
  const { find, adapters, ports, abort } = options
  const within = async <T>(
    id: string,
    act: (inside: Inside) => Promise<Result<T, ContractError>>
  ): Promise<Result<T, ContractError>> => {
    const supervisor = find(id)
    if (supervisor === null) return err({ code: 'not-found', message: `There is no runner '${id}'.` })
    const adapter = adapters[supervisor.profile().kind]
    return act({ adapter, ports, view: () => supervisor.view(), abort })
  }
  return {
    free: (id) => within(id, freeMemory),
    loadModel: (id, model) => within(id, (inside) => loadInside(inside, model)),
    unloadModel: (id, model) => within(id, (inside) => unloadInside(inside, model))
  }
}

/** Asks a runner to give memory back without ending, and says what really came back. */
async function freeMemory(inside: Inside): Promise<Result<StopResult, ContractError>> {
  const { adapter, ports, abort } = inside
  const { machine, clock } = ports
  const address = addressOf(inside)
  if (!address.ok) return address
  const { label } = inside.view()
  const { free } = adapter
  if (free === null) {
    const message = `${label} has no way to give memory back but to end. Stop it.`
    return err({ code: 'refused', message })
  }
  if (!free.frees) return err({ code: 'refused', message: `Nothing was done: ${free.text}` })
  const began = clock.monotonicMs()
  const heldBefore = expectedBytes(inside.view().bytes)
  const beforeBytes = machine.availableBytes()
  const asked = await free.free(address.value, FREE_TIMEOUT_MS)
  if (!asked.ok) return asked
  const heldAfter = await settledBytes(inside, heldBefore)
  const bytesExpected = Math.max(0, heldBefore - heldAfter)
  const back = await waitForMemory({ machine, clock, beforeBytes, expectedBytes: bytesExpected, abort })
  if (abort.aborted) return err({ code: 'disconnected', message: 'Firebreak ended meanwhile.' })
  const seconds = (clock.monotonicMs() - began) / 1000
  const { memoryIsBack, bytesReturned } = back
  const text =
    bytesExpected === 0
      ? `${label} was asked to free memory and gave none back: it still holds ${bytesInWords(heldAfter)}.`
      : memoryIsBack
        ? `${label} let go of ${bytesInWords(bytesExpected)}: ${bytesInWords(bytesReturned)} came back in ${seconds.toFixed(1)} s.`
        : `${label} let go of ${bytesInWords(bytesExpected)}, but only ${bytesInWords(bytesReturned)} came back: ` +
          'the driver still holds the rest, or another program took it meanwhile.'
  return ok({ bytesReturned, bytesExpected, seconds, left: [], memoryIsBack, text })
}

/** What it holds once that no longer falls. The view is kept fresh by the supervisor's own looks. */
async function settledBytes(inside: Inside, before: number): Promise<number> {
  const { clock } = inside.ports
  const began = clock.monotonicMs()
  let lowest = before
  let fellMs = began
  for (;;) {
    const nowMs = clock.monotonicMs()
    const bytes = expectedBytes(inside.view().bytes)
    if (bytes < lowest) {
      lowest = bytes
      fellMs = nowMs
    }
    if (lowest < before && nowMs - fellMs >= SETTLED_AFTER_MS) return lowest
    if (nowMs - began >= SETTLE_DEADLINE_MS) return lowest
    if (!(await pause(LOOK_INTERVAL_MS, inside.abort))) return lowest
  }
}

async function loadInside(inside: Inside, model: string): Promise<Result<void, ContractError>> {
  const address = addressOf(inside)
  if (!address.ok) return address
  return inside.adapter.models?.load(address.value, model, LOAD_TIMEOUT_MS) ?? noModels(inside)
}

async function unloadInside(inside: Inside, model: string): Promise<Result<void, ContractError>> {
  const address = addressOf(inside)
  if (!address.ok) return address
  return inside.adapter.models?.unload(address.value, model, UNLOAD_TIMEOUT_MS) ?? noModels(inside)
}

const noModels = (inside: Inside): Result<never, ContractError> =>
  err({
    code: 'refused',
    message: `${inside.view().label} holds one model only. Stop it, or start another runner.`
  })

function addressOf(inside: Inside): Result<string, ContractError> {
  const { label, url, state } = inside.view()
  if (state === 'ready' && url !== null) return ok(url)
  return err({ code: 'not-running', message: `${label} is not ready (${state}). Wait until it is.` })
}
