import type { Socket } from 'node:net'
import type { Disposable } from '../../shared/util/disposable.ts'
import { parseToSentinel } from './message.parse.ts'
import type { FromSentinel, ToSentinel } from './protocol.ts'

const NEWLINE = 10
/** An arm message with 128 victims of 100 processes each is half of it. */
const MAX_LINE_BYTES = 1024 * 1024
/** A core that does not read misses states, each of which makes the one before worthless. */
const SLOW_CORE_BYTES = 64 * 1024
/** Beyond this it is let go; it gets its events when it comes again. */
const STUCK_CORE_BYTES = 1024 * 1024

/** One connected core: messages in, messages out, never in the way of the watch. */
export interface CoreLink extends Disposable {
  send(message: FromSentinel): void
}

export interface CoreLinkEvents {
  readonly onMessage: (message: ToSentinel) => void
  readonly onMalformed: () => void
  /** Once. */
  readonly onClose: () => void
}

/** Joins a socket to the sentinel. Lines are cut on bytes, so a character split over two chunks stays whole. */
export function linkCore(socket: Socket, events: CoreLinkEvents): CoreLink {
  let parts: Buffer[] = []
  let heldBytes = 0
  let closed = false

  const line = (bytes: Buffer): void => {
    if (bytes.length === 0 || closed) return
    const message = parseToSentinel(bytes.toString('utf8'))
    if (message === null) events.onMalformed()
    else events.onMessage(message)
  }
  socket.on('data', (chunk: Buffer) => {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from)
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end)
      if (heldBytes + piece.length > MAX_LINE_BYTES) {
        events.onMalformed()
        socket.destroy()
        return
      }
      parts.push(piece)
      heldBytes += piece.length
      if (end < 0) return
      const whole = Buffer.concat(parts)
      parts = []
      heldBytes = 0
      line(whole)
      from = end + 1
    }
  })
  // A core that vanished; 'close' follows.
  socket.on('error', () => undefined)
  socket.once('close', () => {
    closed = true
    parts = []
    events.onClose()
  })

  return {
    send(message) {
      if (closed || !socket.writable) return
      if (message.type === 'state' && socket.writableLength > SLOW_CORE_BYTES) return
      if (socket.writableLength > STUCK_CORE_BYTES) socket.destroy()
      else socket.write(`${JSON.stringify(message)}\n`)
    },
    dispose: () => socket.destroy()
  }
}
