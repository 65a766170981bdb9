/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A'
const LOOPBACK = '127.0.0.1'

/** Where a server accepts connections. */
export interface Listener {
  readonly port: number
  /** An address of this machine that reaches it. */
  readonly host: string
}

/** Listening sockets of /proc/net/tcp or tcp6, by inode. */
export function parseListeners(text: string): ReadonlyMap<string, Listener> {
  const listeners = new Map<string, Listener>()
  for (const line of text.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    const [, local = '', , state, , , , , , inode] = fields
    if (state !== LISTEN || inode === undefined) continue
    const [address = '', hex = ''] = local.split(':')
    const port = Number.parseInt(hex, 16)
    if (Number.isInteger(port)) listeners.set(inode, { port, host: hostOf(address) })
  }
  return listeners
}

/** The address as this machine's own programs connect to it; any address and loopback are 127.0.0.1. */
function hostOf(hex: string): string {
  if (/^0+$/.test(hex)) return LOOPBACK
  if (hex === '00000000000000000000000001000000') return '[::1]'
  const four = hex.length === 8 ? hex : hex.startsWith('0000000000000000FFFF0000') ? hex.slice(24) : null
  if (four === null) return LOOPBACK
  // Four bytes as the CPU keeps them: the last one first.
  const bytes = [6, 4, 2, 0].map((at) => Number.parseInt(four.slice(at, at + 2), 16))
  return bytes[0] === 127 || bytes.every((byte) => byte === 0) ? LOOPBACK : bytes.join('.')
}

/**
 * The one of several that people talk to: what the command line names, else the runner's usual one, else what the
 * first process listens on; servers open more for themselves.
 */
export function chooseListener(
  found: readonly Listener[],
  named: number | null,
  usual: number
): Listener | null {
  const at = (port: number | null): Listener | undefined => found.find((one) => one.port === port)
  return at(named) ?? at(usual) ?? found[0] ?? null
}

/** The address a command line gives, at the port that is really listened on. */
export function urlAt(url: string | null, { host, port }: Listener): string {
  const plain = `http://${host}:${port}`
  if (url === null || !URL.canParse(url)) return plain
  const exact = new URL(url)
  exact.host = `${host}:${port}`
  return exact.href.replace(/\/$/, '')
}
