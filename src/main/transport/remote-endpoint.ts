import { EVENT_NAMES, PROTOCOL_VERSION, type EventName } from '../../shared/contract/channels.ts'
import {
  eventSchema,
  replySchema,
  type WireEvent,
  type WireReply,
  type WireRequest
} from '../../shared/contract/wire.ts'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import type { Logger } from '../platform/ports.ts'
import { connectControlSocket, type ControlLink } from './control-client.ts'
import type { Endpoint, EndpointSession } from './endpoint.ts'
import { failure, NO_ID, openEnvelope } from './envelope.ts'

export interface RemoteEndpointParts {
  readonly runtimeDir: string
  readonly logger: Logger
}

/**
 * The core of another process as an endpoint of this one: what a second composition shows.
 *
 * Messages are forwarded as they are; the core parses them. Each session has a socket of its own. When the core
 * ends, requests answer 'disconnected'; a session with subscriptions looks for the next core by itself and takes
 * them along, since a page that only listens never asks.
 */
export function createRemoteEndpoint({ runtimeDir, logger }: RemoteEndpointParts): Endpoint & Disposable {
  const sessions = new Set<EndpointSession>()
  const { dispose } = disposable(() => {
    for (const session of sessions) session.dispose()
  })
  return {
    connect(send) {
      const session = openSession({ runtimeDir, logger }, send, () => sessions.delete(session))
      sessions.add(session)
      return session
    },
    dispose
  }
}

/** A core takes some 0.3 s to start; a connect to a socket that is not there costs microseconds. */
const RECONNECT_MS = 1_000

function openSession(
  { runtimeDir, logger }: RemoteEndpointParts,
  send: (event: WireEvent) => void,
  ended: () => void
): EndpointSession {
  const wanted = new Set<EventName>()
  let disposed = false
  let connecting: Promise<ControlLink | WireReply> | null = null
  let current: ControlLink | null = null
  let retry: NodeJS.Timeout | null = null

  const retryLater = (): void => {
    if (disposed || wanted.size === 0) return
    retry ??= setTimeout(() => {
      retry = null
      connecting ??= establish()
      void connecting.then((link) => {
        if (!('request' in link)) retryLater()
      })
    }, RECONNECT_MS)
  }

  const establish = async (): Promise<ControlLink | WireReply> => {
    const link = await connectControlSocket(runtimeDir)
    if (!link.ok) {
      connecting = null
      return failure(NO_ID, link.error)
    }
    if (disposed) link.value.dispose()
    current = link.value
    link.value.onClose(() => {
      connecting = null
      current = null
      if (!disposed) logger.warn('the running core ended the connection')
      retryLater()
    })
    link.value.onEvent((message) => {
      const event = eventSchema.safeParse(message)
      if (event.success) send(event.data)
    })
    if (wanted.size > 0) {
      void link.value
        .request({
          v: PROTOCOL_VERSION,
          id: 0,
          command: 'events.subscribe',
          input: { events: [...wanted] }
        })
        .catch(() => undefined)
    }
    return link.value
  }

  const remember = (command: string, input: unknown): void => {
    if (command !== 'events.subscribe' && command !== 'events.unsubscribe') return
    const names: unknown = (input as { events?: unknown } | null)?.events
    if (!Array.isArray(names)) return
    for (const name of EVENT_NAMES) {
      if (!names.includes(name)) continue
      if (command === 'events.subscribe') wanted.add(name)
      else wanted.delete(name)
    }
  }

  return {
    async request(raw) {
      let id = NO_ID
      try {
        const envelope = openEnvelope(raw)
        if (!envelope.ok) return envelope.error
        id = envelope.value.id
        if (disposed) return failure(id, { code: 'disconnected', message: 'this connection is closed' })
        connecting ??= establish()
        const link = await connecting
        if (!('request' in link)) return { ...link, id }
        const message = { v: PROTOCOL_VERSION, ...envelope.value } as WireRequest
        const reply = replySchema.safeParse(await link.request(message))
        if (!reply.success) {
          return failure(id, { code: 'internal', message: 'the core sent a reply that is none' })
        }
        if (reply.data.ok) remember(envelope.value.command, envelope.value.input)
        return reply.data
      } catch {
        return failure(id, {
          code: 'disconnected',
          message: 'the running Firebreak ended; its runners go on. Start Firebreak again.'
        })
      }
    },
    dispose() {
      if (disposed) return
      disposed = true
      if (retry !== null) clearTimeout(retry)
      current?.dispose()
      ended()
    }
  }
}
