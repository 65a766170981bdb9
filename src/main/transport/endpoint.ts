import type { WireEvent, WireReply } from '../../shared/contract/wire.ts'
import type { Disposable } from '../../shared/util/disposable.ts'

/** One client's connection as the core sees it. Disposing ends its subscriptions. */
export interface EndpointSession extends Disposable {
  /** Parses, dispatches, never throws: garbage gets a typed error reply. */
  request(raw: unknown): Promise<WireReply>
}

/**
 * What every wire (Electron IPC, WebSocket, Unix socket) talks to: the core in this process, or, in a second
 * composition, the core of another process behind its control socket.
 */
export interface Endpoint {
  connect(send: (event: WireEvent) => void): EndpointSession
}
