/** A Host header that names this machine's loopback; any port, since SSH tunnels map ports. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i

/**
 * False for a name that an attacker's DNS could point at 127.0.0.1 (DNS rebinding), and for a missing header.
 */
export function isLoopbackHost(host: string | undefined): host is string {
  return host !== undefined && LOOPBACK_HOST.test(host)
}

/** The page that opened the WebSocket must be ours: same scheme, name and port as it was asked under. */
export function isSameOrigin(origin: string | undefined, host: string): boolean {
  return origin !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`
}
