import { Menu } from 'electron'

/**
 * The menu behind the Alt key. Its roles give text fields their shortcuts and the window Ctrl+W and Ctrl+Q;
 * reload and developer tools, which Electron's own menu has, are left out.
 */
export function setApplicationMenu(): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { label: '&Firebreak', submenu: [{ role: 'close' }, { role: 'quit' }] },
      { role: 'editMenu' },
      { label: '&View', submenu: [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }] }
    ])
  )
}
