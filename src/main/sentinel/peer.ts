import type { Socket } from 'node:net'
import type { Kernel, Peer } from './kernel.ts'

const ROOT_UID = 0

/** Null where it cannot be asked: without the library, or where Node does not tell the socket's descriptor. */
export function peerOf(kernel: Kernel, socket: Socket): Peer | null {
  // Node has no call for this, and no public name for the descriptor.
  const handle: unknown = Reflect.get(socket, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null
  return typeof fd === 'number' && fd >= 0 ? kernel.peerOf(fd) : null
}

/**
 * Why this one is not the core it says it is; null where nothing speaks against it.
 *
 * The core's pid is one that is never touched: a wrong one would leave the core itself without that.
 */
export function refusalOf(peer: Peer | null, saidPid: number, ownUid: number): string | null {
  if (peer === null) return null
  if (peer.uid !== ownUid && peer.uid !== ROOT_UID) return `it belongs to user ${peer.uid}`
  return peer.pid === saidPid ? null : `it says it is process ${saidPid}, and is process ${peer.pid}`
}
