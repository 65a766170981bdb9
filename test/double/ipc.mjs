import { EventEmitter } from 'node:events'

class IpcMain extends EventEmitter {
  #handlers = new Map()

  handle(channel, handler) {
    if (this.#handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.#handlers.set(channel, handler)
  }
  removeHandler(channel) {
    this.#handlers.delete(channel)
  }
  /** What a renderer's invoke gets: the value, or the error as Electron words it. */
  async answer(channel, event, args) {
    const handler = this.#handlers.get(channel)
    if (!handler) return { error: `Error: No handler registered for '${channel}'` }
    try {
      return { value: structuredClone(await handler(event, ...args)) }
    } catch (error) {
      return { error: String(error) }
    }
  }
}

export const ipcMain = new IpcMain()
