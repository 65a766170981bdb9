import { PROTOCOL_VERSION, type CommandName, type EventName } from '../../shared/contract/channels.ts'
import { COMMANDS, type CommandOutput, type EventPayload } from '../../shared/contract/commands.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { WireEvent, WireReply } from '../../shared/contract/wire.ts'
import { disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint, EndpointSession } from './endpoint.ts'
import { describeIssues, failure, openEnvelope, success, type Envelope } from './envelope.ts'

type SubscriptionCommand = 'events.subscribe' | 'events.unsubscribe'
/** Commands the app answers; subscriptions belong to the session and are answered here. */
export type HandledCommand = Exclude<CommandName, SubscriptionCommand>

/** A command's input after parsing: defaults filled in, unknown keys refused. */
export type ParsedInput<K extends CommandName> = ReturnType<(typeof COMMANDS)[K]['input']['parse']>

export type Handler<K extends HandledCommand> = (
  input: ParsedInput<K>
) => Promise<Result<CommandOutput<K>, ContractError>>

/** What the app implements. Expected failures are Results; whatever is thrown becomes a bare 'internal'. */
export type Handlers = { readonly [K in HandledCommand]: Handler<K> }

/** Where a session's subscriptions listen. */
export interface EventSource {
  on<K extends EventName>(event: K, listener: (payload: EventPayload<K>) => void): Disposable
}

export interface LocalEndpointParts {
  readonly handlers: Handlers
  readonly events: EventSource
  readonly logger: Logger
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** The core of this process behind the contract. Every message is parsed here, whatever wire it came on. */
export function createLocalEndpoint({ handlers, events, logger }: LocalEndpointParts): Endpoint {
  // The input was parsed with the schema of this very command; the mapped type cannot say so by name.
  const handlerOf = (command: HandledCommand) =>
    handlers[command] as (input: unknown) => Promise<Result<unknown, ContractError>>

  const openSession = (send: (event: WireEvent) => void): EndpointSession => {
    const subscriptions = new Map<EventName, Disposable>()
    let closed = false

    const subscribe = (name: EventName): void => {
      if (closed || subscriptions.has(name)) return
      subscriptions.set(
        name,
        events.on(name, (payload) => send({ v: PROTOCOL_VERSION, event: name, payload }))
      )
    }
    const unsubscribe = (name: EventName): void => {
      subscriptions.get(name)?.dispose()
      subscriptions.delete(name)
    }

    const dispatch = async ({ id, command, input }: Envelope): Promise<WireReply> => {
      if (!isCommand(command)) {
        return failure(id, { code: 'unknown-command', message: `there is no command '${command}'` })
      }
      const parsed = COMMANDS[command].input.safeParse(input)
      if (!parsed.success) {
        return failure(id, {
          code: 'bad-request',
          message: `the input of ${command} is not valid`,
          detail: describeIssues(parsed.error.issues)
        })
      }
      if (command === 'events.subscribe' || command === 'events.unsubscribe') {
        const { events: names } = parsed.data as ParsedInput<SubscriptionCommand>
        names.forEach(command === 'events.subscribe' ? subscribe : unsubscribe)
        return success(id, {})
      }
      const result = await handlerOf(command)(parsed.data)
      return result.ok ? success(id, result.value) : failure(id, result.error)
    }

    return {
      async request(raw) {
        let id = -1
        try {
          const envelope = openEnvelope(raw)
          if (!envelope.ok) return envelope.error
          id = envelope.value.id
          return await dispatch(envelope.value)
        } catch (error) {
          logger.error('a command failed unexpectedly', error)
          return failure(id, {
            code: 'internal',
            message: 'something went wrong inside Firebreak; its log has the details'
          })
        }
      },
      dispose() {
        closed = true
        disposeAll([...subscriptions.values()])
        subscriptions.clear()
      }
    }
  }

  return { connect: openSession }
}
