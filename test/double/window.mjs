import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { app } from './app.mjs'
import { browser } from './browser.mjs'
import { ipcMain } from './ipc.mjs'
import { noNewWindows } from './no-new-windows.mjs'
import { preloadScript } from './preload-runtime.mjs'
import { double } from './state.mjs'
import { fromCarrier, toCarrier } from './urls.mjs'
import { WebContents } from './web-contents.mjs'

/** Preferences that would open the sandbox: the double refuses what a review should never let through. */
const INSECURE = [
  ['nodeIntegration', true],
  ['nodeIntegrationInWorker', true],
  ['nodeIntegrationInSubFrames', true],
  ['webviewTag', true],
  ['contextIsolation', false],
  ['sandbox', false],
  ['webSecurity', false]
]

export class BrowserWindow extends EventEmitter {
  #destroyed = false
  #visible
  #opening

  constructor(options = {}) {
    super()
    const preferences = options.webPreferences ?? {}
    const insecure = INSECURE.find(([name, value]) => preferences[name] === value)
    if (insecure) throw new Error(`double: insecure webPreferences: ${insecure[0]}`)
    this.options = options
    this.#visible = options.show !== false
    this.webContents = new WebContents(this)
    app.emit('web-contents-created', {}, this.webContents)
    double.windows.push(this)
    this.#opening = this.#open()
  }

  async #open() {
    const { context } = await browser()
    this.page = await context.newPage()
    await this.page.setViewportSize({ width: this.options.width ?? 800, height: this.options.height ?? 600 })
    await this.page.exposeBinding('doubleInvoke', ({ frame }, channel, args) =>
      ipcMain.answer(channel, this.#eventFrom(frame), args)
    )
    await this.page.exposeBinding('doubleOpen', (_source, url) => {
      this.webContents.openHandler({ url: fromCarrier(url), disposition: 'foreground-tab' })
    })
    await this.page.addInitScript(noNewWindows)
    const { preload } = this.options.webPreferences ?? {}
    if (preload) await this.page.addInitScript(preloadScript(readFileSync(preload, 'utf8')))
    this.page.on('pageerror', (error) => console.error('[renderer] uncaught', error))
    this.page.on('console', (message) => {
      if (process.env.DOUBLE_LOG) console.log('[renderer]', message.type(), message.text())
    })
    this.page.on('crash', () =>
      this.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
    )
    await this.page.route('**/*', (route) => this.#navigation(route))
  }

  #eventFrom(frame) {
    const url = fromCarrier(frame.url())
    return { sender: this.webContents, senderFrame: { url, parent: frame.parentFrame() ? {} : null } }
  }

  /** Navigation that the page begins; 204 for a blocked one, so that the page stays, as in Electron. */
  async #navigation(route) {
    const request = route.request()
    const contents = this.webContents
    if (!request.isNavigationRequest()) return await route.fallback()
    const url = fromCarrier(request.url())
    const isMainFrame = request.frame() === this.page.mainFrame()
    if (contents.loaded) {
      let stopped = false
      const event = { url, isMainFrame, preventDefault: () => (stopped = true) }
      contents.emit('will-frame-navigate', event)
      if (isMainFrame) contents.emit('will-navigate', event)
      if (stopped) return await route.fulfill({ status: 204 })
    }
    contents.emit('did-start-navigation', { url, isMainFrame, isSameDocument: false })
    await route.fallback()
  }

  async loadURL(url) {
    await this.#opening
    this.webContents.loaded = false
    await this.page.goto(toCarrier(url), { waitUntil: 'load' })
    this.webContents.markLoaded()
    this.emit('ready-to-show')
  }
  /** What the user's reload would do: begun by the browser, so will-navigate is not asked. */
  async reload() {
    this.webContents.loaded = false
    await this.page.reload({ waitUntil: 'load' })
    this.webContents.markLoaded()
  }

  close() {
    let held = false
    this.emit('close', { preventDefault: () => (held = true) })
    if (!held) void this.closeNow()
  }
  destroy() {
    void this.closeNow()
  }
  async closeNow() {
    if (this.#destroyed) return
    this.#destroyed = true
    double.windows.splice(double.windows.indexOf(this), 1)
    this.webContents.emit('destroyed')
    this.emit('closed')
    await this.#opening
    await this.page.close().catch(() => undefined)
    if (double.windows.length > 0 || app.quitting) return
    if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed')
    else app.quit()
  }
  show() {
    this.#visible = true
    this.emit('show')
  }
  hide() {
    this.#visible = false
    this.emit('hide')
  }
  focus() {}
  restore() {}
  isMinimized() {
    return false
  }
  isVisible() {
    return this.#visible
  }
  isDestroyed() {
    return this.#destroyed
  }
}
