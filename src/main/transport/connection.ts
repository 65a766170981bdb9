import { requestLimit, type WireReply } from '../../shared/contract/wire.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint } from './endpoint.ts'
import { failure, NO_ID, openEnvelope } from './envelope.ts'

/** Above this a client is slow: it misses ticks, each of which makes the one before worthless, and log text. */
export const SLOW_CLIENT_BYTES = 1_048_576
/** Above this it does not read at all and is let go: a stuck browser tab must not eat the memory we guard. */
export const STUCK_CLIENT_BYTES = 4 * 1_048_576
/** Requests being answered at once per client; the rest waits here for one chunk's worth, then in the kernel. */
export const MAX_UNFLUSHED_REPLIES = 16

/** One byte stream or message stream to one client. */
export interface Wire {
  /** `flushed` is called once the text has left this process or cannot any more. */
  write(text: string, flushed: () => void): void
  bufferedBytes(): number
  pause(): void
  resume(): void
  /** The client is beyond help: drop it. */
  close(reason: string): void
}

export interface Connection extends Disposable {
  /** One message as text. */
  receive(text: string): void
  /** Answers something that is no message at all. */
  refuse(code: 'bad-request' | 'payload-too-large', message: string): void
}

export const tooLargeMessage = (limit: number): string => `a message is larger than ${limit} bytes`

/** Joins one client's wire to the endpoint: bounded in both directions, replies are never dropped. */
export function serveConnection(endpoint: Endpoint, wire: Wire, logger: Logger): Connection {
  /** Messages that came with others in one chunk and have to wait for their turn. */
  const backlog: string[] = []
  let unflushed = 0
  let closed = false

  const session = endpoint.connect((event) => {
    if (closed) return
    const buffered = wire.bufferedBytes()
    if ((event.event === 'live' || event.event === 'log') && buffered > SLOW_CLIENT_BYTES) return
    if (buffered > STUCK_CLIENT_BYTES) {
      logger.warn('a client does not read what it asked for and is disconnected')
      closed = true
      wire.close('client does not read')
      return
    }
    wire.write(JSON.stringify(event), () => undefined)
  })

  const flushed = (): void => {
    unflushed -= 1
    if (closed) return
    const next = backlog.shift()
    if (next !== undefined) answer(next)
    else if (unflushed === MAX_UNFLUSHED_REPLIES - 1) wire.resume()
  }
  const reply = (message: WireReply): void => {
    if (!closed) wire.write(asText(message, logger), flushed)
  }
  const answer = (text: string): void => {
    unflushed += 1
    if (unflushed === MAX_UNFLUSHED_REPLIES) wire.pause()
    let raw: unknown
    try {
      raw = JSON.parse(text)
    } catch {
      reply(failure(NO_ID, { code: 'bad-request', message: 'the message is not JSON' }))
      return
    }
    const limit = requestLimit(raw)
    if (Buffer.byteLength(text) > limit) {
      const envelope = openEnvelope(raw)
      const id = envelope.ok ? envelope.value.id : NO_ID
      reply(failure(id, { code: 'payload-too-large', message: tooLargeMessage(limit) }))
      return
    }
    void session.request(raw).then(reply)
  }

  return {
    receive(text) {
      if (unflushed < MAX_UNFLUSHED_REPLIES) answer(text)
      else backlog.push(text)
    },
    refuse(code, message) {
      unflushed += 1
      reply(failure(NO_ID, { code, message }))
    },
    dispose() {
      closed = true
      backlog.length = 0
      session.dispose()
    }
  }
}

function asText(message: WireReply, logger: Logger): string {
  try {
    return JSON.stringify(message)
  } catch (error) {
    // A value that JSON cannot carry: the client still gets its answer.
    logger.error('a reply could not be written', error)
    return JSON.stringify(
      failure(message.id, { code: 'internal', message: 'the reply could not be written' })
    )
  }
}
