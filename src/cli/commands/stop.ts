import type { CommandOutput } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Command, Core, Outcome } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { formatBytes, printable } from '../format.ts'
import { findByPid, isPid } from './found.ts'

export const stop: Command = {
  name: 'stop',
  about: 'stop a runner; with --wait until its memory is back',
  positionals: [
    {
      name: 'ID|NAME',
      about:
        "a runner's id or name, as 'firebreakctl runners' lists them; of one started elsewhere its process"
    }
  ],
  options: {
    wait: { type: 'boolean', about: 'return when its processes are gone and the memory is back' }
  },
  example: 'firebreakctl stop qwen3-8b --wait --json',
  async run({ values, positionals, connect, signal }) {
    const given = positionals[0] ?? ''
    const core = await connect()
    if (!core.ok) return core
    const list = await core.value.client.call('runners.list', {})
    if (!list.ok) return list
    const id = idOf(given, list.value)
    if (!id.ok && isPid(given)) return stopFound(core.value, given)
    if (!id.ok) return id
    return values.flag('wait') ? stopAndWait(core.value, id.value) : beginStop(core.value, id.value, signal)
  }
}

/** By its id, or by its name where only one runner has it. */
function idOf(given: string, views: CommandOutput<'runners.list'>): Result<string, ContractError> {
  if (views.some(({ id }) => id === given)) return ok(given)
  const isNamed = ({ label }: { readonly label: string }): boolean =>
    label.trim().toLowerCase() === given.trim().toLowerCase()
  const named = given.trim() === '' ? [] : views.filter(isNamed)
  const running = named.filter(({ state }) => state !== 'stopped' && state !== 'failed')
  const [only, ...more] = running.length > 0 ? running : named
  if (only !== undefined && more.length === 0) return ok(only.id)
  const ids = (only === undefined ? views : [only, ...more]).map(({ id }) => printable(id)).join(', ')
  const message =
    only === undefined
      ? `There is no runner '${given}'. ${ids === '' ? 'Nothing runs.' : `There are: ${ids}.`}`
      : `More than one runner is called '${given}'. Give the id of one: ${ids}.`
  return err({ code: 'not-found', message })
}

async function stopAndWait({ client }: Core, id: string): Promise<Outcome> {
  const stopped = await client.call('runners.stop', { id })
  return stopped.ok ? proofOf(id, stopped.value) : stopped
}

/** Nothing tells of its stopping but the answer, so that it is waited for in any case. */
async function stopFound({ client }: Core, pid: string): Promise<Outcome> {
  const found = await findByPid(client, pid)
  if (!found.ok) return found
  const { startTicks } = found.value
  const stopped = await client.call('runners.stop-found', { pid: found.value.pid, startTicks })
  return stopped.ok ? proofOf(String(found.value.pid), stopped.value) : stopped
}

function proofOf(id: string, result: CommandOutput<'runners.stop'>): Outcome {
  const { bytesReturned, bytesExpected, seconds, left, memoryIsBack, text } = result
  const document = { id, bytesReturned, seconds, left }
  if (memoryIsBack) return ok({ document, text: printable(text) })
  const holders = left.map((one) => `${printable(one.name)} (pid ${one.pid}) holds ${formatBytes(one.bytes)}`)
  const shortfall = `${formatBytes(Math.max(0, bytesExpected - bytesReturned))} of ${formatBytes(bytesExpected)} are not back`
  return ok({
    document,
    text: printable(text),
    exit: EXIT.runnerFailed,
    note: [shortfall, ...holders].join('; ')
  })
}

/** The core answers only when all is done; without --wait its first sign of stopping is enough. */
async function beginStop({ client }: Core, id: string, signal: AbortSignal): Promise<Outcome> {
  const { promise: stopping, resolve } = Promise.withResolvers<'stopping'>()
  client.on('runner', (view) => {
    if (view.id === id && view.state === 'stopping') resolve('stopping')
  })
  signal.addEventListener('abort', () => resolve('stopping'), { once: true })
  const subscribed = await client.call('events.subscribe', { events: ['runner'] })
  if (!subscribed.ok) return subscribed
  const first = await Promise.race([stopping, client.call('runners.stop', { id })])
  if (first !== 'stopping' && !first.ok) return err(first.error)
  const state = first === 'stopping' ? 'stopping' : 'stopped'
  return ok({ document: { id, state }, text: `${id} is ${state}` })
}
