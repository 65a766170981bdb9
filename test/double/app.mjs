import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { double } from './state.mjs'

const cleanups = []
/** Run when the application quits, in order, before the process ends. */
export const onExit = (cleanup) => cleanups.push(cleanup)

class App extends EventEmitter {
  name = 'firebreak'
  isPackaged = false
  quitting = false
  #ready = false
  #paths = new Map()
  #becomeReady
  #whenReady = new Promise((done) => {
    this.#becomeReady = () => {
      this.#ready = true
      this.emit('ready')
      done()
    }
  })

  /**
   * Electron is ready only after the main module has been evaluated to its end: a top-level await for readiness
   * never ends there, and so it does not here.
   */
  mainModuleEvaluated() {
    setTimeout(this.#becomeReady, 0)
  }
  whenReady() {
    return this.#whenReady
  }
  isReady() {
    return this.#ready
  }
  // These have an effect only before ready: calling them too late is a mistake the double makes visible.
  enableSandbox() {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready')
  }
  disableHardwareAcceleration() {
    if (this.#ready)
      throw new Error('app.disableHardwareAcceleration() can only be called before app is ready')
  }
  requestSingleInstanceLock() {
    return true
  }
  setPath(name, path) {
    this.#paths.set(name, path)
  }
  getPath(name) {
    if (name === 'home') return homedir()
    if (!this.#paths.has(name)) this.#paths.set(name, mkdtempSync(join(tmpdir(), `double-${name}-`)))
    const path = this.#paths.get(name)
    mkdirSync(path, { recursive: true })
    return path
  }
  getAppPath() {
    return process.cwd()
  }
  getVersion() {
    return '0.0.0'
  }
  getName() {
    return this.name
  }

  quit() {
    if (this.quitting) return
    let held = false
    this.emit('before-quit', { preventDefault: () => (held = true) })
    if (held) return
    this.quitting = true
    void this.#end()
  }
  exit(code = 0) {
    void this.#runCleanups().then(() => process.exit(code))
  }
  async #end() {
    for (const window of double.windows.slice()) await window.closeNow()
    this.emit('will-quit', { preventDefault() {} })
    this.emit('quit', {}, 0)
    await this.#runCleanups()
    process.exit(0)
  }
  async #runCleanups() {
    for (const cleanup of cleanups) await cleanup()
  }
}

export const app = new App()

// As Electron does. Chromium is ended by the quit, not by playwright's own handlers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.quit())
