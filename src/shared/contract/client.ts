import type { Disposable } from '../util/disposable.ts'
import { err, ok, type Result } from '../util/result.ts'
import { PROTOCOL_VERSION, type CommandName, type EventName } from './channels.ts'
import { COMMANDS, EVENTS, type CommandInput, type CommandOutput, type EventPayload } from './commands.ts'
import type { ContractError } from './errors.ts'
import { eventSchema, replySchema, type WireRequest } from './wire.ts'

/** One connection to a core on any wire; it moves messages and knows nothing of what is in them. */
export interface Link {
  /** Settles with a raw reply; rejects only when the wire itself is gone. */
  request(message: WireRequest): Promise<unknown>
  onEvent(listener: (message: unknown) => void): Disposable
}

/** Typed access to a core: renderer, CLI, tray and tests are all clients like this. */
export interface Client {
  call<K extends CommandName>(
    command: K,
    input: CommandInput<K>
  ): Promise<Result<CommandOutput<K>, ContractError>>
  /** Local listening only; ask for the event with 'events.subscribe' too. */
  on<K extends EventName>(event: K, listener: (payload: EventPayload<K>) => void): Disposable
}

/** Parses every reply and event against the contract: a core of another version cannot feed it nonsense. */
export function createClient(link: Link): Client {
  let nextId = 0
  return {
    async call(command, input) {
      nextId += 1
      let raw: unknown
      try {
        raw = await link.request({ v: PROTOCOL_VERSION, id: nextId, command, input })
      } catch (error) {
        return err({ code: 'disconnected', message: error instanceof Error ? error.message : String(error) })
      }
      const reply = replySchema.safeParse(raw)
      if (!reply.success) return err({ code: 'internal', message: 'the core sent a reply that is none' })
      if (!reply.data.ok) return err(reply.data.error)
      const value = COMMANDS[command].output.safeParse(reply.data.value)
      if (!value.success) {
        return err({
          code: 'protocol-mismatch',
          message: `the core's answer to ${command} is not understood; is it of another version?`,
          detail: value.error.message
        })
      }
      return ok(value.data as CommandOutput<typeof command>)
    },
    on(event, listener) {
      return link.onEvent((message) => {
        const envelope = eventSchema.safeParse(message)
        if (!envelope.success || envelope.data.event !== event) return
        const payload = EVENTS[event].safeParse(envelope.data.payload)
        if (payload.success) listener(payload.data as EventPayload<typeof event>)
      })
    }
  }
}
