import { EventEmitter } from 'node:events'
import { double } from './state.mjs'

function menuItem({ click, ...options }) {
  const item = { type: 'normal', enabled: true, visible: true, checked: false, label: '', ...options }
  if (Array.isArray(options.submenu)) item.submenu = Menu.buildFromTemplate(options.submenu)
  item.click = () => {
    if (item.enabled) click?.(item, double.windows[0], {})
  }
  return item
}

export class Menu {
  items = []
  static buildFromTemplate(template) {
    const menu = new Menu()
    menu.items = template.map(menuItem)
    return menu
  }
  static setApplicationMenu(menu) {
    double.applicationMenu = menu
  }
}

export class Tray extends EventEmitter {
  menu = null
  constructor(image) {
    super()
    this.setImage(image)
    double.trays.push(this)
  }
  setContextMenu(menu) {
    this.menu = menu
  }
  setToolTip(text) {
    this.toolTip = text
  }
  setImage(image) {
    if (image.isEmpty()) throw new Error('double: a tray with an empty image is invisible')
    this.image = image
  }
  destroy() {
    double.trays.splice(double.trays.indexOf(this), 1)
  }
}
