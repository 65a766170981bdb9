/** Where the renderer lives. A scheme of our own: no file:// rights, and an origin that no web page can have. */
export const APP_SCHEME = 'app'
export const APP_HOST = 'firebreak'
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`
export const APP_URL = `${APP_ORIGIN}/index.html`

/** Loopback names a running model's own page may have. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost'])

/** Parses without throwing: what a page hands over may be anything. */
export function parseUrl(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null
}

/** `URL.origin` is 'null' for schemes that the URL standard does not know, so it is put together here. */
const originOf = (url: URL): string => `${url.protocol}//${url.host}`

/**
 * True for pages that are ours: app://firebreak/… and, in development, the dev server.
 *
 * @param devUrl the dev server's address, null in a packaged app (the environment must not widen its trust)
 */
export function isOwnPage(url: string, devUrl: string | null): boolean {
  const parsed = parseUrl(url)
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false
  if (originOf(parsed) === APP_ORIGIN) return true
  const dev = devUrl === null ? null : parseUrl(devUrl)
  return dev !== null && originOf(parsed) === originOf(dev)
}

/** What the window may fetch: our own pages; in development the dev server's HTTP and its reload socket too. */
export function isOwnRequest(url: string, devUrl: string | null): boolean {
  if (isOwnPage(url, devUrl)) return true
  const parsed = parseUrl(url)
  const dev = devUrl === null ? null : parseUrl(devUrl)
  if (!parsed || !dev) return false
  return parsed.protocol === 'devtools:' || (parsed.protocol === 'ws:' && parsed.host === dev.host)
}

/**
 * Which links leave the window for the user's browser: the own page of a model that runs here now, and nothing
 * else. No link of the panel leads to the web; an address there could carry data out.
 *
 * @param runnerPorts ports of running models
 */
export function mayOpenExternally(url: string, runnerPorts: ReadonlySet<number>): boolean {
  const parsed = parseUrl(url)
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false
  if (parsed.protocol !== 'http:' || !LOOPBACK_HOSTS.has(parsed.hostname)) return false
  return runnerPorts.has(parsed.port === '' ? 80 : Number(parsed.port))
}

/** The part of IPC's sender that decides, so that the rule can be tested without Electron. */
export interface Sender {
  readonly frame: { readonly url: string; readonly parent: unknown } | null
  readonly isOwnWindow: boolean
}

/** Only the top frame of our own window, showing our own page, may talk to the core. */
export function isTrustedSender(sender: Sender, devUrl: string | null): boolean {
  if (!sender.isOwnWindow || sender.frame === null) return false // null: the frame is gone already
  return sender.frame.parent === null && isOwnPage(sender.frame.url, devUrl)
}

/**
 * The one right the page gets: writing text to the clipboard after a click ('Copy'). Reading it stays closed.
 *
 * @param url of the page that asks
 */
export function mayHavePermission(permission: string, url: string, devUrl: string | null): boolean {
  return permission === 'clipboard-sanitized-write' && isOwnPage(url, devUrl)
}
