import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { MAX_REQUEST_BYTES } from '../../shared/contract/wire.ts'
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
      rmSync(path, { force: true })
      return ok(await listen(path, parts))
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

async function listen(path: string, { endpoint, logger }: ControlServerParts): Promise<ControlServer> {
  const clients = new Set<Disposable>()
  const server: Server = createServer((socket) => {
    const client = serveSocket(socket, endpoint, logger)
    clients.add(client)
    socket.once('close', () => {
      clients.delete(client)
      client.dispose()
    })
  })
  await new Promise<void>((done, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      done()
    })
  })
  // Accepting can fail for one client (no descriptors left); the core goes on.
  server.on('error', (error) => logger.error('the control socket had an error', error))
  chmodSync(path, OWNER_ONLY)
  const { dispose } = disposable(() => {
    server.close()
    for (const client of clients) client.dispose()
  })
  return { path, dispose }
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
    createLineDecoder(MAX_REQUEST_BYTES, {
      line: (text) => connection.receive(text),
      invalid: () => connection.refuse('bad-request', 'the message is not UTF-8'),
      tooLong: () => {
        connection.refuse('payload-too-large', tooLargeMessage)
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
