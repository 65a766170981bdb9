import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { MAX_FILE_REQUEST_BYTES } from '../../shared/contract/wire.ts'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Logger } from '../platform/ports.ts'
import { serveConnection, tooLargeMessage } from './connection.ts'
import { isSocketAnswered } from './control-client.ts'
import { controlSocketPath, MAX_SOCKET_PATH_BYTES } from './control-path.ts'
import type { Endpoint } from './endpoint.ts'
import { createLineDecoder } from './ndjson.ts'
import { preparePrivateDir } from './private-dir.ts'
import { acquireStartLock } from './start-lock.ts'

/** Being the core of this user; disposing lets go of the socket and with it of that role. */
export interface ControlServer extends Disposable {
  readonly path: string
}

/** in-use: another core answers, be its client. refused: what is wrong and what to do. */
export type ListenError = { readonly kind: 'in-use' } | { readonly kind: 'refused'; readonly message: string }

export interface ControlServerParts {
  readonly runtimeDir: string
  readonly endpoint: Endpoint
  readonly logger: Logger
}

const OWNER_ONLY = 0o600

/**
 * Becomes the one core of this user, or says why not.
 *
 * A socket left behind by a core that was killed refuses connections and is replaced; one that answers, or that
 * might only be slow, never is.
 */
export async function listenControlSocket(
  parts: ControlServerParts
): Promise<Result<ControlServer, ListenError>> {
  const { runtimeDir } = parts
  const path = controlSocketPath(runtimeDir)
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    return err({
      kind: 'refused',
      message: `${path} is too long for a socket; set FIREBREAK_RUNTIME_DIR to a shorter folder`
    })
  }
  const prepared = preparePrivateDir(runtimeDir)
  if (!prepared.ok) return err({ kind: 'refused', message: prepared.error.message })
  try {
    if (await isSocketAnswered(path)) return err({ kind: 'in-use' })
    const lock = await acquireStartLock(runtimeDir)
    if (lock === null) {
      return err({ kind: 'refused', message: 'another Firebreak is starting and does not get on; try again' })
    }
    try {
      if (await isSocketAnswered(path)) return err({ kind: 'in-use' })
      return ok(await keepListening(path, parts))
    } finally {
      lock.dispose()
    }
  } catch (error) {
    return err({
      kind: 'refused',
      message: `cannot listen on ${path}: ${error instanceof Error ? error.message : String(error)}`
    })
  }
}

/** How long a core may be out of reach after somebody removed its socket; a stat costs microseconds. */
const LOOK_EVERY_MS = 2_000

/** Listens, and does so again when the socket's file is removed under it. */
async function keepListening(path: string, parts: ControlServerParts): Promise<ControlServer> {
  let listening = await listen(path, parts)
  let busy = false
  const look = async (): Promise<void> => {
    if (busy || existsSync(path)) return
    busy = true
    try {
      const prepared = preparePrivateDir(parts.runtimeDir)
      if (!prepared.ok) return
      const again = await listen(path, parts)
      listening.dispose()
      listening = again
      parts.logger.warn(`${path} was removed; it is there again`)
    } catch (error) {
      parts.logger.error(`${path} was removed and cannot be made again`, error)
    } finally {
      busy = false
    }
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  const { dispose } = disposable(() => {
    clearInterval(timer)
    listening.dispose()
  })
  return { path, dispose }
}

async function listen(path: string, { endpoint, logger }: ControlServerParts): Promise<Disposable> {
  const clients = new Set<Disposable>()
  const server: Server = createServer((socket) => {
    const client = serveSocket(socket, endpoint, logger)
    clients.add(client)
    socket.once('close', () => {
      clients.delete(client)
      client.dispose()
    })
  })
  // Bound under another name and moved: the file appears with its rights, replaces a stale one in one step, and
  // Node, which removes the name it bound when it closes, can never remove a successor's socket.
  const beside = join(dirname(path), `c.${process.pid}`)
  rmSync(beside, { force: true })
  await new Promise<void>((done, reject) => {
    server.once('error', reject)
    server.listen(beside, () => {
      server.off('error', reject)
      done()
    })
  })
  chmodSync(beside, OWNER_ONLY)
  const { ino } = statSync(beside)
  renameSync(beside, path)
  // Accepting can fail for one client (no descriptors left); the core goes on.
  server.on('error', (error) => logger.error('the control socket had an error', error))
  return disposable(() => {
    if (statSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true })
    server.close()
    for (const client of clients) client.dispose()
  })
}

function serveSocket(socket: Socket, endpoint: Endpoint, logger: Logger): Disposable {
  const connection = serveConnection(
    endpoint,
    {
      write: (text, flushed) => socket.write(`${text}\n`, flushed),
      bufferedBytes: () => socket.writableLength,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: () => socket.destroy()
    },
    logger
  )
  socket.on(
    'data',
    createLineDecoder(MAX_FILE_REQUEST_BYTES, {
      line: (text) => connection.receive(text),
      invalid: () => connection.refuse('bad-request', 'the message is not UTF-8'),
      tooLong: () => {
        connection.refuse('payload-too-large', tooLargeMessage(MAX_FILE_REQUEST_BYTES))
        socket.end()
      }
    })
  )
  // A client that vanished; 'close' follows.
  socket.on('error', () => undefined)
  return disposable(() => {
    connection.dispose()
    socket.destroy()
  })
}
