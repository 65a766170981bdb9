import type { WebSocket } from 'ws'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import type { Logger } from '../platform/ports.ts'
import { serveConnection } from '../transport/connection.ts'
import type { Endpoint } from '../transport/endpoint.ts'

/** RFC 6455 §7.4.1. */
const CLOSE_GOING_AWAY = 1001
const CLOSE_POLICY = 1008

/** A browser that was suspended or a tunnel that broke is let go after one to two of these. */
const PING_INTERVAL_MS = 30_000

/** Serves one WebSocket client until it goes; disposing sends it away. */
export function serveWebSocket(socket: WebSocket, endpoint: Endpoint, logger: Logger): Disposable {
  const connection = serveConnection(
    endpoint,
    {
      write: (text, flushed) => socket.send(text, () => flushed()),
      bufferedBytes: () => socket.bufferedAmount,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: (reason) => {
        socket.close(CLOSE_POLICY, reason)
        socket.terminate()
      }
    },
    logger
  )
  let answered = true
  const ping = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, PING_INTERVAL_MS)
  socket.on('pong', () => {
    answered = true
  })
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) connection.refuse('bad-request', 'messages are text')
    else connection.receive(data.toString('utf8'))
  })
  // A frame that breaks the protocol or is too large: ws answers with its close code, 'close' follows.
  socket.on('error', () => undefined)
  const { dispose } = disposable(() => {
    clearInterval(ping)
    connection.dispose()
    socket.close(CLOSE_GOING_AWAY)
    socket.terminate()
  })
  socket.on('close', dispose)
  return { dispose }
}
