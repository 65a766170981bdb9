import { createConnection, type Socket } from 'node:net'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { ERROR, METHOD_CALL, METHOD_RETURN, NO_REPLY_EXPECTED, SIGNAL } from './message.ts'
import type { Argument, Incoming } from './message.ts'
import { encodeMessage } from './message-encode.ts'
import { createMessageDecoder } from './message-stream.ts'

export const BUS_NAME = 'org.freedesktop.DBus'

/** From connecting to the answer to Hello; a healthy bus takes milliseconds. */
const OPEN_DEADLINE_MS = 2_000
/** Above this nobody reads at the other end: a notification has about 1 KiB. */
const MAX_UNSENT_BYTES = 262_144
/** Answers owed to us; more means that nobody answers. */
const MAX_PENDING_CALLS = 64
/** An answer of the authentication: 'OK' and 32 hex digits. */
const MAX_AUTH_BYTES = 1_024

export interface Call {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly body: readonly Argument[]
}

export interface CallError {
  /** As the other side named it, 'org.freedesktop.DBus.Error.ServiceUnknown'; '' when the bus was closed. */
  readonly name: string
  readonly message: string
}

/** One connection to a message bus. */
export interface Bus {
  /** Settles with the answer, whenever it comes, or when the bus closes; never rejects. */
  call(call: Call): Promise<Result<Incoming, CallError>>
  /** A call whose answer nobody wants. */
  send(call: Call): void
  /** What was sent still leaves; nothing comes back. */
  close(): void
}

export interface BusOptions {
  readonly socketPath: string
  readonly uid: number
  readonly onSignal: (signal: Incoming) => void
  /** Once, after opening, unless close() was called. */
  readonly onClosed: (why: string) => void
}

/**
 * Connects, authenticates as this user (EXTERNAL: the kernel tells the bus who we are) and says Hello, within
 * OPEN_DEADLINE_MS. Everything is asynchronous: a bus that hangs costs one socket, never the event loop.
 */
export function openBus(options: BusOptions): Promise<Result<Bus, string>> {
  return new Promise((settle) => {
    const socket = createConnection({ path: options.socketPath })
    socket.unref()
    let opened = false
    let closed = false
    let serial = 0
    const pending = new Map<number, (answer: Result<Incoming, CallError>) => void>()

    const forgetPending = (why: string): void => {
      for (const answer of pending.values()) answer(err({ name: '', message: why }))
      pending.clear()
    }
    const finish = (why: string): void => {
      if (closed) return
      closed = true
      clearTimeout(deadline)
      socket.destroy()
      forgetPending(why)
      if (opened) options.onClosed(why)
      else settle(err(why))
    }
    const deadline = setTimeout(() => finish('the message bus does not answer'), OPEN_DEADLINE_MS)
    deadline.unref()

    const write = (call: Call, flags: number): number => {
      serial += 1
      if (socket.writableLength > MAX_UNSENT_BYTES) finish('the message bus does not read')
      if (!closed) socket.write(encodeMessage({ type: METHOD_CALL, flags, serial, ...call }))
      return serial
    }
    const call = (request: Call): Promise<Result<Incoming, CallError>> =>
      new Promise((answer) => {
        if (pending.size >= MAX_PENDING_CALLS) finish('the message bus does not answer')
        const own = write(request, 0)
        if (closed) answer(err({ name: '', message: 'the message bus is closed' }))
        else pending.set(own, answer)
      })
    const bus: Bus = {
      call,
      send: (request) => void write(request, NO_REPLY_EXPECTED),
      close() {
        if (closed) return
        closed = true
        forgetPending('the message bus is closed')
        closeGently(socket)
      }
    }

    const decode = createMessageDecoder({
      message(message) {
        if (closed) return
        if (message.type === SIGNAL) options.onSignal(message)
        if (message.type !== METHOD_RETURN && message.type !== ERROR) return
        const answer = pending.get(message.replySerial ?? 0)
        pending.delete(message.replySerial ?? 0)
        answer?.(message.type === METHOD_RETURN ? ok(message) : err(errorOf(message)))
      },
      broken: () => finish('the message bus sent what is no message')
    })
    authenticate(socket, options.uid, finish, (rest) => {
      socket.on('data', decode)
      void call(busCall('Hello', [])).then((hello) => {
        if (closed) return
        if (!hello.ok) return finish(`the message bus refused us: ${hello.error.message}`)
        clearTimeout(deadline)
        opened = true
        settle(ok(bus))
      })
      decode(rest)
    })
    socket.on('error', (error) => finish(error.message))
    socket.on('close', () => finish('the message bus closed the connection'))
  })
}

/** A call to the bus itself. */
export const busCall = (member: string, body: readonly Argument[]): Call => ({
  destination: BUS_NAME,
  path: '/org/freedesktop/DBus',
  interface: BUS_NAME,
  member,
  body
})

function errorOf(message: Incoming): CallError {
  const text = message.body?.[0]
  return { name: message.errorName ?? '', message: typeof text === 'string' ? text : '' }
}

function authenticate(
  socket: Socket,
  uid: number,
  refused: (why: string) => void,
  accepted: (rest: Buffer) => void
): void {
  let line: Buffer = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    line = Buffer.concat([line, chunk.subarray(0, MAX_AUTH_BYTES)])
    const end = line.indexOf('\r\n')
    if (end < 0 && line.length < MAX_AUTH_BYTES) return
    socket.off('data', read)
    const text = line.toString('latin1', 0, Math.max(end, 0))
    if (!text.startsWith('OK ')) return refused('the message bus does not accept this user')
    socket.write('BEGIN\r\n')
    accepted(line.subarray(end + 2))
  }
  socket.on('data', read)
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`)
}

/** Lets go what is written; where the other end does not read, the process' end takes the socket with it. */
function closeGently(socket: Socket): void {
  socket.removeAllListeners('data')
  socket.resume()
  socket.destroySoon()
}
