/*
 * Runs in the page: window.open and links with a target ask setWindowOpenHandler, as in Electron, and get no window.
 * Letting Chromium open a popup and closing it again is no way: now and then it kills the page that opened it.
 */
export function noNewWindows() {
  const ask = window.doubleOpen
  const absolute = (url) => new URL(url, document.baseURI).href
  window.open = (url = 'about:blank') => {
    void ask(absolute(url))
    return null
  }
  window.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[target="_blank"]')
    if (!link || event.defaultPrevented) return
    event.preventDefault()
    void ask(link.href)
  })
}
