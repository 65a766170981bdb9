// The desktop around the application: theme, images, notifications, the user's browser.
import { EventEmitter } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { double } from './state.mjs'

export const nativeTheme = Object.assign(new EventEmitter(), {
  themeSource: 'system',
  get shouldUseDarkColors() {
    return this.themeSource === 'dark' || (this.themeSource === 'system' && process.env.DOUBLE_DARK === '1')
  }
})

export const nativeImage = {
  // As in Electron, a path that does not exist makes an empty image, not an error.
  createFromPath(path) {
    const png = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    return { path, isEmpty: () => png.length === 0, toPNG: () => png }
  }
}

export class Notification extends EventEmitter {
  static isSupported() {
    return true
  }
  constructor(options) {
    super()
    Object.assign(this, options)
  }
  show() {
    double.notifications.push({ title: this.title, body: this.body })
  }
}

export const shell = {
  async openExternal(url) {
    double.opened.push(url)
  }
}

export const dialog = {
  showErrorBox(title, content) {
    double.errorBoxes.push({ title, content })
    console.error(`[error box] ${title}: ${content}`)
  }
}
