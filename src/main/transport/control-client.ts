import { createConnection, type Socket } from 'node:net'
import type { Link } from '../../shared/contract/client.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { requestLimit, type WireRequest } from '../../shared/contract/wire.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { controlSocketPath } from './control-path.ts'
import { tooLargeMessage } from './connection.ts'
import { failure } from './envelope.ts'
import { createLineDecoder } from './ndjson.ts'
import { distrust } from './private-dir.ts'

/** A connection to the running core. `onClose` fires once, when the core or the caller ended it. */
export interface ControlLink extends Link, Disposable {
  onClose(listener: () => void): Disposable
}

/** The kernel answers a local connect at once; a core that is frozen for this long is alive all the same. */
const CONNECT_TIMEOUT_MS = 2_000
/** Largest reply: 15 minutes of history with a hundred bands are about 2 MiB. */
const MAX_REPLY_BYTES = 64 * 1_048_576

/** The errno codes that mean 'no process listens there'. Every other failure may hide a living core. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR'])

const noCore = (message: string): ContractError => ({ code: 'disconnected', message })
const HOW_TO_START = 'start it with `npm start`, or without a window with `firebreakctl serve`'

function connectTo(path: string): Promise<Socket> {
  return new Promise((settle, reject) => {
    const socket = createConnection({ path })
    const give = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
      give(Object.assign(new Error('no answer to connect'), { code: 'ETIMEDOUT' }))
    )
    socket.once('error', give)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', give)
      settle(socket)
    })
  })
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

/** True unless it is certain that nobody listens on this socket. */
export async function isSocketAnswered(path: string): Promise<boolean> {
  try {
    const socket = await connectTo(path)
    socket.destroy()
    return true
  } catch (error) {
    return !NOBODY.has(codeOf(error))
  }
}

/** Connects to this user's running core; 'disconnected' when there is none. */
export async function connectControlSocket(runtimeDir: string): Promise<Result<ControlLink, ContractError>> {
  try {
    const reason = distrust(runtimeDir)
    if (reason !== null) return err({ code: 'refused', message: `${runtimeDir} is not trusted: ${reason}` })
    return ok(createLink(await connectTo(controlSocketPath(runtimeDir))))
  } catch (error) {
    if (NOBODY.has(codeOf(error))) return err(noCore(`Firebreak is not running: ${HOW_TO_START}`))
    return err(
      noCore(
        `Firebreak's socket cannot be reached: ${error instanceof Error ? error.message : String(error)}`
      )
    )
  }
}

interface Waiting {
  readonly originalId: number
  readonly settle: (reply: unknown) => void
  readonly reject: (error: Error) => void
}

function createLink(socket: Socket): ControlLink {
  const waiting = new Map<number, Waiting>()
  const rethrow = (error: unknown): void => {
    queueMicrotask(() => {
      throw error
    })
  }
  const events = createEmitter<unknown>(rethrow)
  const closed = createEmitter<void>(rethrow)
  let nextId = 0
  let open = true

  const close = (): void => {
    if (!open) return
    open = false
    socket.destroy()
    for (const { reject } of waiting.values()) reject(new Error('the core ended the connection'))
    waiting.clear()
    closed.emit()
  }

  const receive = (text: string): void => {
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      return close()
    }
    if (typeof message !== 'object' || message === null) return close()
    if ('event' in message) return events.emit(message)
    const id = 'id' in message ? Number(message.id) : Number.NaN
    const request = waiting.get(id)
    if (request === undefined) return
    waiting.delete(id)
    request.settle({ ...message, id: request.originalId })
  }

  socket.on('data', createLineDecoder(MAX_REPLY_BYTES, { line: receive, invalid: close, tooLong: close }))
  socket.on('error', close)
  socket.on('close', close)

  return {
    // Ids are replaced on the way: several clients may share one link.
    request(message: WireRequest) {
      return new Promise((settle, reject) => {
        if (!open) {
          reject(new Error('the connection to the core is closed'))
          return
        }
        nextId += 1
        const text = JSON.stringify({ ...message, id: nextId })
        const limit = requestLimit(message)
        if (Buffer.byteLength(text) > limit) {
          settle(failure(message.id, { code: 'payload-too-large', message: tooLargeMessage(limit) }))
          return
        }
        waiting.set(nextId, { originalId: message.id, settle, reject })
        socket.write(`${text}\n`)
      })
    },
    onEvent: (listener) => events.on(listener),
    onClose: (listener) => closed.on(listener),
    dispose: close
  }
}
