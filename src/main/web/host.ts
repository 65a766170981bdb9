import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { ContractError } from '../../shared/contract/errors.ts'
import { MAX_FILE_REQUEST_BYTES } from '../../shared/contract/wire.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint } from '../transport/endpoint.ts'
import { preparePrivateDir } from '../transport/private-dir.ts'
import { serveWebSocket } from './clients.ts'
import { SECURITY_HEADERS, serveFile } from './static-files.ts'
import { loadToken } from './token.ts'
import { createHandover, type Handover } from './handover.ts'
import { isLoopbackHost } from './loopback.ts'
import { refuseUpgrade, SUBPROTOCOL, type Refusal } from './upgrade.ts'

export interface WebHostParts {
  readonly endpoint: Endpoint
  /** Built renderer; nothing outside it is served. */
  readonly rendererDir: string
  /** Holds the token. */
  readonly runtimeDir: string
  readonly logger: Logger
}

export interface OpenedWeb {
  /** With the token in its fragment, which no server and no log sees. */
  readonly url: string
  readonly port: number
}

export interface WebHost extends Disposable {
  /**
   * Opens the panel on loopback. No port: where it is open already, else the usual one, else any free one. A port
   * that is asked for is opened beside others (the end of a tunnel); that it is taken is an error.
   */
  open(port?: number): Promise<Result<OpenedWeb, ContractError>>
  /** An address for a browser that we start: works once, holds no token. null while nothing is open. */
  singleUseUrl(): string | null
}

/** Loopback only, always: the way in from elsewhere is an SSH tunnel. */
const LISTEN_ADDRESS = '127.0.0.1'
/** Always the same one, so that a tunnel can be set up before; below the ephemeral range, no runner's default. */
export const DEFAULT_PORT = 9747
const ANY_FREE_PORT = 0

/** A browser sends its headers at once; slower is a stuck or hostile client. */
const HEADERS_TIMEOUT_MS = 10_000
/** Sixteen panels with six connections each while their files load. */
const MAX_CONNECTIONS = 128

/** The same panel for machines without a display and for SSH tunnels. Nothing listens before `open`. */
export function createWebHost(parts: WebHostParts): WebHost {
  /** In the order in which they were opened. */
  const running: Listening[] = []
  let turn: Promise<unknown> = Promise.resolve()
  let disposed = false

  const open = async (port: number | undefined): Promise<Result<OpenedWeb, ContractError>> => {
    const known = running.find((one) => !port || one.port === port)
    if (known) return ok(known.opened)
    const prepared = preparePrivateDir(parts.runtimeDir)
    if (!prepared.ok) return prepared
    try {
      const token = loadToken(parts.runtimeDir)
      const listening = await listenOn(port ?? DEFAULT_PORT, token, parts)
      const host =
        listening === 'in-use' && port === undefined ? await listenOn(ANY_FREE_PORT, token, parts) : listening
      if (host === 'in-use') {
        return err({
          code: 'port-in-use',
          message: `port ${port} is taken; choose another with --port, or leave it out to get a free one`
        })
      }
      if (disposed) host.dispose()
      else running.push(host)
      return ok(host.opened)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      return err({ code: 'refused', message: `the panel cannot be served on port ${port}: ${words}` })
    }
  }

  return {
    open(port) {
      const result = turn.then(() => open(port))
      turn = result
      return result
    },
    singleUseUrl() {
      const [first] = running
      return first ? `http://${LISTEN_ADDRESS}:${first.port}${first.handover.issue()}` : null
    },
    dispose() {
      disposed = true
      for (const one of running.splice(0)) one.dispose()
    }
  }
}

interface Listening extends Disposable {
  readonly port: number
  readonly opened: OpenedWeb
  readonly handover: Handover
}

async function listenOn(
  port: number,
  token: string,
  { endpoint, rendererDir, logger }: WebHostParts
): Promise<Listening | 'in-use'> {
  const clients = new Set<Disposable>()
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FILE_REQUEST_BYTES,
    // Loopback is faster than deflate, and deflate state costs 300 kB per client.
    perMessageDeflate: false,
    // The token is among the offers and must not be echoed.
    handleProtocols: () => SUBPROTOCOL
  })
  const handover = createHandover()
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
    if (
      isLoopbackHost(request.headers.host) &&
      request.method === 'GET' &&
      handover.redeem(request.url ?? '')
    ) {
      response.writeHead(302, {
        ...SECURITY_HEADERS,
        Location: `/#token=${token}`,
        'Cache-Control': 'no-store'
      })
      response.end()
      return
    }
    serveFile(rendererDir, request, response).catch((error: unknown) => {
      logger.error('a page could not be served', error)
      response.destroy()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => undefined)
    const refusal = refuseUpgrade(request, token, clients.size)
    if (refusal !== null) return endWith(stream, refusal)
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const client = serveWebSocket(socket, endpoint, logger)
      clients.add(client)
      socket.once('close', () => clients.delete(client))
    })
  })
  const bound = await bind(server, port)
  if (bound === 'in-use') return bound
  server.on('error', (error) => logger.error('the web host had an error', error))
  return {
    port: bound,
    opened: { url: `http://${LISTEN_ADDRESS}:${bound}/#token=${token}`, port: bound },
    handover,
    dispose() {
      server.close()
      for (const client of clients) client.dispose()
      server.closeAllConnections()
    }
  }
}

function bind(server: Server, port: number): Promise<number | 'in-use'> {
  return new Promise((settle, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') settle('in-use')
      else reject(error)
    }
    server.once('error', fail)
    server.listen(port, LISTEN_ADDRESS, () => {
      server.off('error', fail)
      settle((server.address() as AddressInfo).port)
    })
  })
}

function endWith(stream: Duplex, { status, text }: Refusal): void {
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  )
}
