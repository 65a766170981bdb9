// A test double of the part of Electron's main-process API that Firebreak uses, over playwright-core and an
// installed Chromium. What it cannot show: see README.md here.
import { serveControl } from './control.mjs'

export { app } from './app.mjs'
export { ipcMain } from './ipc.mjs'
export { Menu, Tray } from './menu.mjs'
export { dialog, nativeImage, nativeTheme, Notification, shell } from './desktop.mjs'
export { protocol, session } from './session.mjs'
export { BrowserWindow } from './window.mjs'

if (process.env.DOUBLE_CONTROL) serveControl(process.env.DOUBLE_CONTROL)
