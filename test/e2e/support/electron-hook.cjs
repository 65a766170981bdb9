// Loaded by real Electron before the application (electron -r): keeps what tests cannot ask Electron for.
const { app, shell, Notification, Tray } = require('electron')

const kept = { opened: [], notifications: [], trays: [] }
globalThis.firebreakE2E = kept

shell.openExternal = async (url) => {
  kept.opened.push(url)
}
const show = Notification.prototype.show
Notification.prototype.show = function () {
  kept.notifications.push({ title: this.title, body: this.body })
  return show.call(this)
}
const setContextMenu = Tray.prototype.setContextMenu
Tray.prototype.setContextMenu = function (menu) {
  let entry = kept.trays.find((candidate) => candidate.tray === this)
  if (!entry) {
    entry = { tray: this, menu: null, icon: null }
    kept.trays.push(entry)
  }
  entry.menu = menu
  return setContextMenu.call(this, menu)
}
app.on('quit', () => kept.trays.splice(0))
