import type { IncomingMessage } from 'node:http'
import { isLoopbackHost, isSameOrigin } from './loopback.ts'
import { sameToken } from './token.ts'

export const WEB_SOCKET_PATH = '/ws'
/** The subprotocol that is spoken; the token travels beside it because a browser can set no other header. */
export const SUBPROTOCOL = 'firebreak.v1'
const TOKEN_PREFIX = 'token.'

/** A tab or two per device; more is a leak or an attack. */
export const MAX_CLIENTS = 16

export interface Refusal {
  readonly status: 401 | 403 | 404 | 503
  readonly text: string
}

/** Why this upgrade is not made, or null; judged before a byte of WebSocket is spoken. */
export function refuseUpgrade(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  token: string,
  clients: number
): Refusal | null {
  const { host, origin } = request.headers
  if (!isLoopbackHost(host)) return { status: 403, text: 'wrong Host' }
  if (request.url !== WEB_SOCKET_PATH) return { status: 404, text: 'no such path' }
  if (!isSameOrigin(origin, host)) return { status: 403, text: 'wrong Origin' }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const given = offered.find((name) => name.startsWith(TOKEN_PREFIX))
  if (given === undefined || !sameToken(given.slice(TOKEN_PREFIX.length), token)) {
    return { status: 401, text: 'wrong token' }
  }
  if (!offered.includes(SUBPROTOCOL)) return { status: 401, text: `subprotocol ${SUBPROTOCOL} is missing` }
  if (clients >= MAX_CLIENTS) return { status: 503, text: 'too many clients' }
  return null
}
