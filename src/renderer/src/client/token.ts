const KEY = 'firebreak.token'
const FRAGMENT = /(?:^#|&)token=([A-Za-z0-9_-]+)/

/** The token in '#token=…', or null. */
export function tokenIn(fragment: string): string | null {
  return FRAGMENT.exec(fragment)?.[1] ?? null
}

/**
 * The token of this tab: from the address once, then from the tab's own storage.
 *
 * It is taken out of the address bar at once, so that it gets into no bookmark, screenshot or history entry.
 */
export function takeToken(window: Pick<Window, 'location' | 'history' | 'sessionStorage'>): string | null {
  const found = tokenIn(window.location.hash)
  if (found !== null) {
    window.sessionStorage.setItem(KEY, found)
    window.history.replaceState(null, '', window.location.pathname + window.location.search)
  }
  return found ?? window.sessionStorage.getItem(KEY)
}

/**
 * Tells of a token that is pasted into the address of a page already open: only the fragment changes then, so the
 * browser loads nothing anew. It leaves the address bar as the first one did.
 */
export function onNewToken(
  window: Pick<Window, 'location' | 'history' | 'sessionStorage' | 'addEventListener'>,
  listener: (token: string) => void
): void {
  window.addEventListener('hashchange', () => {
    if (tokenIn(window.location.hash) === null) return
    const token = takeToken(window)
    if (token !== null) listener(token)
  })
}
