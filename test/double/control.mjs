// The control channel: one JSON object per line over a Unix socket, so that a test in another process can do what
// a user does outside the page (tray, window frame) and see what left the application.
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { app, onExit } from './app.mjs'
import { debuggingUrl } from './browser.mjs'
import { ipcMain } from './ipc.mjs'
import { session } from './session.mjs'
import { double } from './state.mjs'

const trayItems = () => double.trays.at(-1)?.menu?.items ?? []

const METHODS = {
  debuggingUrl: () => debuggingUrl(),
  state: () => ({
    windows: double.windows.map((window) => ({
      visible: window.isVisible(),
      loaded: window.webContents.loaded
    })),
    opened: double.opened,
    notifications: double.notifications,
    tray: trayItems().map(({ type, label, enabled }) => ({ type, label, enabled })),
    trayIcon: double.trays.at(-1)?.image.path ?? null
  }),
  trayClick: (label) => {
    const item = trayItems().find((candidate) => candidate.label === label)
    if (!item) throw new Error(`no tray item '${label}'`)
    item.click()
  },
  closeWindow: () => double.windows[0]?.close(),
  reloadWindow: () => double.windows[0]?.reload(),
  hideWindow: () => double.windows[0]?.hide(),
  showWindow: () => double.windows[0]?.show(),
  secondInstance: () => {
    app.emit('second-instance', {}, [], process.cwd())
  },
  grants: (permission) => session.defaultSession.grants(permission),
  blocks: (url) => session.defaultSession.cancels(url),
  // As if another frame, or another window's, had sent it.
  askFrom: async ({ channel, message, frame }) => {
    const sender = frame.ofOurWindow ? double.windows[0].webContents : {}
    const senderFrame = { url: frame.url, parent: frame.isTop ? null : {} }
    return (await ipcMain.answer(channel, { sender, senderFrame }, [message])).value
  },
  quit: () => app.quit()
}

export function serveControl(path) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined) // the test went away
    createInterface({ input: socket }).on('line', (line) => void answer(socket, JSON.parse(line)))
  })
  server.listen(path)
  onExit(() => server.close())
}

async function answer(socket, { id, method, argument }) {
  let reply
  try {
    reply = { id, value: (await METHODS[method](argument)) ?? null }
  } catch (error) {
    reply = { id, error: String(error) }
  }
  socket.write(`${JSON.stringify(reply)}\n`)
}
