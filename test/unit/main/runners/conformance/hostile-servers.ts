import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Disposable } from '../../../../../src/shared/util/disposable.ts'

/** A server that does one thing wrong, whatever it is asked. */
export interface HostileServer extends Disposable {
  readonly url: string
}

/** More than an adapter will ever read of an answer. */
const CHUNK = Buffer.alloc(65_536, '{')

const json = (text: string): RequestListener => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(text)
  }
}

const endless: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = (): void => {
    while (!response.destroyed && response.write(CHUNK));
  }
  response.on('drain', more)
  more()
}

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(code, headers)
    response.end('{"error":{"message":"no"}}')
  }

const HTTP: Readonly<Record<string, RequestListener>> = {
  'answers malformed JSON': json('{"data":[{"id":'),
  'answers null': json('null'),
  'answers a number': json('7'),
  'answers a list of odd things': json('[null,7,"x",[],{}]'),
  'answers the right names with the wrong types': json(
    '{"data":{"id":7},"models":7,"choices":{},"usage":{"completion_tokens":"many"},"devices":"none","version":{}}'
  ),
  'answers very deep JSON': json('['.repeat(20_000)),
  'answers an empty page': json(''),
  'answers 500 to everything': status(500),
  'answers 404 to everything': status(404),
  'sends in circles': status(302, { location: '/' }),
  'never ends its answer': endless,
  'stops in the middle of its answer': (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"data":')
  },
  'breaks off in the middle of its answer': (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"data":', () => response.destroy())
  }
}

const RAW: Readonly<Record<string, (socket: Socket) => void>> = {
  'never answers': () => undefined,
  'closes at once': (socket) => socket.destroy(),
  'speaks no HTTP': (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
  'switches protocols': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n')
}

export const HOSTILE = ['nothing listens', ...Object.keys(HTTP), ...Object.keys(RAW)] as const

/** Listens until it is disposed. */
export async function hostileServer(name: string): Promise<HostileServer> {
  const sockets = new Set<Socket>()
  const listener = HTTP[name]
  const server = listener === undefined ? createServer() : createHttpServer(listener)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    RAW[name]?.(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()))
  const { port } = server.address() as AddressInfo
  const dispose = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  if (name === 'nothing listens') dispose()
  return { url: `http://127.0.0.1:${port}`, dispose }
}
