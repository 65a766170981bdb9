import { bridgeLink } from './bridge.ts'
import type { PanelLink } from './link.ts'
import { socketLink } from './socket.ts'
import { onNewToken, takeToken } from './token.ts'

/** The desktop window has a bridge; a browser tab has a socket. Everything above sees only the Link. */
export function chooseLink(window: Window): PanelLink {
  if (window.firebreak !== undefined) return bridgeLink(window.firebreak)
  const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws'
  const url = `${scheme}://${window.location.host}/ws`
  const link = socketLink((protocols) => new WebSocket(url, [...protocols]), takeToken(window), answers)
  onNewToken(window, (token) => link.useToken(token))
  return link
}

/** Whether anything speaks HTTP where this page came from; what it says does not matter. */
const answers = (): Promise<boolean> =>
  fetch('/', { method: 'HEAD', cache: 'no-store' }).then(
    () => true,
    () => false
  )
