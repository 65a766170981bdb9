/*
 * Runs in the page before its own scripts: gives the built preload what Electron's sandbox gives it. Everything
 * here is turned into text, so it may use nothing from outside. The preload's source is put in as a function (not
 * evaluated), because the page's policy forbids eval.
 */
function runPreload(preload) {
  const listeners = new Map()
  const copy = (value) => (typeof value === 'function' ? value : structuredClone(value))
  const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype
  const proxied =
    (call) =>
    (...args) => {
      const result = call(...args.map(copy))
      return result && typeof result.then === 'function' ? result.then(wrap) : wrap(result)
    }
  // contextBridge: functions are proxied, values copied, objects frozen, prototypes lost.
  const wrap = (value) => {
    if (typeof value === 'function') return proxied(value)
    if (Array.isArray(value)) return Object.freeze(value.map(wrap))
    if (value === null || typeof value !== 'object') return value
    if (!isPlain(value)) return copy(value)
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wrap(item)])))
  }

  const bridge = window.doubleInvoke
  const ipcRenderer = {
    async invoke(channel, ...args) {
      const reply = await bridge(channel, structuredClone(args))
      if (reply.error) throw new Error(`Error invoking remote method '${channel}': ${reply.error}`)
      return reply.value
    },
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    removeListener(channel, listener) {
      const rest = (listeners.get(channel) ?? []).filter((item) => item !== listener)
      listeners.set(channel, rest)
      return ipcRenderer
    }
  }
  Object.defineProperty(window, 'doubleDispatch', {
    value: (channel, args) => {
      for (const listener of listeners.get(channel) ?? []) listener({ ports: [] }, ...args)
    }
  })
  const contextBridge = {
    exposeInMainWorld(name, value) {
      if (Object.hasOwn(window, name)) throw new Error(`window.${name} exists already`)
      Object.defineProperty(window, name, { value: wrap(value), enumerable: true, configurable: false })
    }
  }
  const require = (name) => {
    if (name === 'electron' || name === 'electron/renderer') return { contextBridge, ipcRenderer }
    throw new Error(`module not found: ${name} (a sandboxed preload may require only electron)`)
  }
  preload(require, { exports: {} }, {})
}

/** The init script for a page whose preload has this source. */
export const preloadScript = (source) =>
  `(${runPreload})(function (require, module, exports) {\n${source}\n})`
