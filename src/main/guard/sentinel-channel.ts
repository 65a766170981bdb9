import { lstatSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import type { FromSentinel, ToSentinel } from '../sentinel/protocol.ts'

/** A state with 64 victims is below 64 KiB; beyond this the stream is not the sentinel's. */
const MAX_LINE_CHARS = 1024 * 1024
/** What may wait for a sentinel that does not read; newer orders replace it anyway. */
const MOST_UNSENT_BYTES = 1024 * 1024

export interface ChannelListener {
  message(message: FromSentinel): void
  /** Once: the connection is over. */
  closed(): void
}

/** One connection to a sentinel: a JSON object per line, both ways. Never blocks and never throws. */
export interface Channel {
  /** False where it could not be handed over; it is lost then. */
  send(message: ToSentinel): boolean
  /** Says it, if there is anything to say, and lets go; `closed` is not called any more. */
  end(last: ToSentinel | null): void
}

/** Why nobody should be asked there, or null: a socket that somebody else put there could pose as the guard. */
export function distrustSocket(path: string, uid: number): string | null {
  try {
    const stat = lstatSync(path)
    if (!stat.isSocket()) return 'it is no socket'
    return stat.uid === 0 || stat.uid === uid ? null : 'it belongs to another user'
  } catch {
    return 'it is not there'
  }
}

/** Null where nobody listens. */
export function openChannel(path: string, listener: ChannelListener): Promise<Channel | null> {
  return new Promise((settle) => {
    let socket: Socket
    let isOpen = false
    try {
      socket = createConnection({ path })
    } catch {
      settle(null)
      return
    }
    let pending = ''
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      socket.destroy()
      if (isOpen) listener.closed()
      else settle(null)
    }
    // A path too long for a socket ends up here as well.
    socket.on('error', over)
    socket.on('close', over)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      const lines = (pending + text).split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) {
        const message = isOver ? null : messageOf(line)
        if (message !== null) listener.message(message)
      }
      if (pending.length > MAX_LINE_CHARS) over()
    })
    socket.once('connect', () => {
      isOpen = true
      settle({
        send(message) {
          if (isOver || !socket.writable || socket.writableLength > MOST_UNSENT_BYTES) return false
          socket.write(`${JSON.stringify(message)}\n`)
          return true
        },
        end(last) {
          if (isOver) return
          isOver = true
          socket.removeAllListeners('data')
          if (last !== null && socket.writable) socket.end(`${JSON.stringify(last)}\n`)
          else socket.destroy()
          // What the other side does with it is no longer waited for.
          socket.unref()
          socket.once('finish', () => socket.destroy())
        }
      })
    })
  })
}

const KINDS: ReadonlySet<unknown> = new Set<FromSentinel['type']>(['welcome', 'state', 'event', 'shrink'])

/** Null for what is none. The sentinel is our own program behind a socket that only we and root can reach. */
function messageOf(line: string): FromSentinel | null {
  try {
    const raw: unknown = JSON.parse(line)
    const isMessage = typeof raw === 'object' && raw !== null && KINDS.has(Reflect.get(raw, 'type'))
    return isMessage ? (raw as FromSentinel) : null
  } catch {
    return null
  }
}
