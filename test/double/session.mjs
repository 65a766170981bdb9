import { EventEmitter } from 'node:events'
import { app } from './app.mjs'
import { carryScheme } from './urls.mjs'

const handlers = new Map()
const privileged = new Set()

export const handlerOf = (scheme) => handlers.get(scheme)

export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    if (app.isReady())
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    for (const { scheme } of schemes) privileged.add(scheme)
  },
  handle(scheme, handler) {
    // An unprivileged scheme has no origin in Chromium; the double carries it over https, so it must insist.
    if (!privileged.has(scheme)) throw new Error(`double: scheme ${scheme} was not registered as privileged`)
    handlers.set(scheme, handler)
    carryScheme(scheme)
  }
}

class Session extends EventEmitter {
  rules = { request: null, check: null, device: null, beforeRequest: null }
  webRequest = { onBeforeRequest: (listener) => (this.rules.beforeRequest = listener) }
  setPermissionRequestHandler(handler) {
    this.rules.request = handler
  }
  setPermissionCheckHandler(handler) {
    this.rules.check = handler
  }
  setDevicePermissionHandler(handler) {
    this.rules.device = handler
  }
  setSpellCheckerEnabled() {}

  /** True where the application's webRequest listener cancels a request to this URL. */
  async cancels(url) {
    const listener = this.rules.beforeRequest
    if (!listener) return false
    return await new Promise((done) => listener({ url }, (answer) => done(answer.cancel === true)))
  }
  /** What the three permission handlers say; Chromium grants what no handler denies. */
  async grants(permission, url = 'app://firebreak/index.html') {
    const { request, check, device } = this.rules
    const details = { isMainFrame: true, requestingUrl: url }
    return {
      request: request ? await new Promise((done) => request(null, permission, done, details)) : true,
      check: check ? check(null, permission, url, details) : true,
      device: device ? device({ deviceType: permission, origin: 'app://firebreak', device: {} }) : true
    }
  }
}

export const session = { defaultSession: new Session() }
