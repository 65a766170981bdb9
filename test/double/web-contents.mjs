import { EventEmitter } from 'node:events'
import { session } from './session.mjs'
import { fromCarrier } from './urls.mjs'

let nextId = 1

export class WebContents extends EventEmitter {
  id = nextId++
  session = session.defaultSession
  loaded = false
  openHandler = () => ({ action: 'deny' })
  #queue = []
  #sending = false

  constructor(window) {
    super()
    this.window = window
  }
  setWindowOpenHandler(handler) {
    this.openHandler = handler
  }
  getURL() {
    return this.window.page ? fromCarrier(this.window.page.url()) : ''
  }
  isDestroyed() {
    return this.window.isDestroyed()
  }
  send(channel, ...args) {
    if (this.isDestroyed()) throw new TypeError('Object has been destroyed')
    this.#queue.push([channel, structuredClone(args)])
    void this.#flush()
  }
  async #flush() {
    if (this.#sending || !this.loaded) return
    this.#sending = true
    while (this.#queue.length > 0 && !this.isDestroyed()) {
      const batch = this.#queue.splice(0)
      await this.window.page
        .evaluate((messages) => {
          for (const [channel, args] of messages) window.doubleDispatch?.(channel, args)
        }, batch)
        .catch(() => undefined) // the page went away in between, as it may in Electron
    }
    this.#sending = false
  }
  /** The page is there: events that waited for it go out. */
  markLoaded() {
    this.loaded = true
    this.emit('did-finish-load')
    void this.#flush()
  }
}
