import { replySchema } from '../../../shared/contract/wire.ts'
import { createEmitter } from '../../../shared/util/emitter.ts'
import type { LinkState, PanelLink } from './link.ts'

/** Subprotocol that names the contract; the token travels beside it, never in the URL (URLs get logged). */
const PROTOCOL = 'firebreak.v1'

/** First wait before trying again, in ms, and the longest: a core restarts in about a second. */
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000

/** Closed so many times in a row without ever opening: not a restart but a wrong token or a foreign server. */
const REFUSED_AFTER = 4

interface Waiting {
  resolve(reply: unknown): void
  reject(error: Error): void
}

/** Narrow view of the browser's WebSocket, so that a test can stand in for it. */
export interface SocketLike {
  readonly readyState: number
  send(text: string): void
  close(): void
  addEventListener(type: 'open' | 'close', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

const OPEN = 1

/** A Link that can be let in with another token than the one it began with. */
export interface SocketLink extends PanelLink {
  /** For the next connection, which is tried at once where there is none. */
  useToken(token: string): void
}

/**
 * The Link of the headless host: one WebSocket, tried again with growing waits when it is lost.
 *
 * A browser does not tell why a WebSocket was not opened, so `answers` asks whether anybody is there at all.
 */
export function socketLink(
  connect: (protocols: readonly string[]) => SocketLike,
  firstToken: string | null,
  answers: () => Promise<boolean>,
  schedule: (call: () => void, delayMs: number) => void = (call, delayMs) => void setTimeout(call, delayMs)
): SocketLink {
  const events = createEmitter<unknown>((error) => console.error(error))
  const states = createEmitter<LinkState>((error) => console.error(error))
  const waiting = new Map<number, Waiting>()
  const queued: string[] = []
  let state: LinkState = 'connecting'
  let socket: SocketLike | null = null
  let failures = 0
  let wasOpen = false
  let token = firstToken
  /** Counts the connections begun: a wait that was begun for an earlier one opens nothing more. */
  let begun = 0

  const become = (next: LinkState): void => {
    if (state === next) return
    state = next
    states.emit(next)
  }

  const failAll = (): void => {
    for (const one of waiting.values()) one.reject(new Error('the connection to Firebreak was lost'))
    waiting.clear()
    queued.length = 0
  }

  const receive = (data: unknown): void => {
    if (typeof data !== 'string') return
    let message: unknown
    try {
      message = JSON.parse(data)
    } catch {
      return
    }
    const reply = replySchema.safeParse(message)
    if (!reply.success) return events.emit(message)
    waiting.get(reply.data.id)?.resolve(message)
    waiting.delete(reply.data.id)
  }

  /** Why the first connection does not come about. */
  const explain = async (after: number): Promise<void> => {
    const someone = await answers()
    // Meanwhile it may have been tried again, with another outcome.
    if (wasOpen || failures !== after) return
    if (!someone) become('unreachable')
    else become(after >= REFUSED_AFTER ? 'refused' : 'connecting')
  }

  const open = (): void => {
    begun += 1
    const own = begun
    const current = connect(token === null ? [PROTOCOL] : [PROTOCOL, `token.${token}`])
    socket = current
    let opened = false
    current.addEventListener('open', () => {
      opened = true
      wasOpen = true
      failures = 0
      for (const text of queued.splice(0)) current.send(text)
      become('connected')
    })
    current.addEventListener('message', (event) => receive(event.data))
    current.addEventListener('close', () => {
      if (socket !== current) return
      socket = null
      failures = opened ? 0 : failures + 1
      failAll()
      if (wasOpen) become('lost')
      else void explain(failures)
      schedule(
        () => {
          if (begun === own) open()
        },
        Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
      )
    })
  }
  open()

  return {
    get state() {
      return state
    },
    request(message) {
      return new Promise((resolve, reject) => {
        if (socket === null) return reject(new Error('there is no connection to Firebreak at the moment'))
        waiting.set(message.id, { resolve, reject })
        const text = JSON.stringify(message)
        if (socket.readyState === OPEN) socket.send(text)
        else queued.push(text)
      })
    },
    useToken(next) {
      token = next
      // Who is in stays in; the token counts when the door is tried again.
      if (socket?.readyState === OPEN) return
      const abandoned = socket
      socket = null
      abandoned?.close()
      failAll()
      failures = 0
      if (!wasOpen) become('connecting')
      open()
    },
    onEvent: (listener) => events.on(listener),
    onState: (listener) => states.on(listener)
  }
}
