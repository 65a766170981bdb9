import { join } from 'node:path'
import { Menu, Tray, nativeImage, type MenuItemConstructorOptions } from 'electron'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import {
  trayContent,
  type TrayAction,
  type TrayContent,
  type TrayItem,
  type TrayState
} from './tray-content.ts'

/** GNOME closes an open menu when it is replaced: at most one replacement per this time. */
const REDRAW_MS = 1_000

export interface AppTray extends Disposable {
  /** Say that something may have changed; drawn when it did, at most once per second. */
  refresh(): void
}

export interface TrayOptions {
  /** Folder with LEVEL.png and LEVEL@2x.png. */
  readonly iconDir: string
  readonly state: () => TrayState
  readonly act: (action: TrayAction) => void
}

/**
 * The tray. Its icon differs by shape per level, but GNOME does not always repaint it, so the first line says
 * the state in words. Single click opens the menu by design of the panel; a double click arrives as 'click'.
 */
export function createTray(options: TrayOptions): AppTray {
  const iconOf = (content: TrayContent): Electron.NativeImage =>
    nativeImage.createFromPath(join(options.iconDir, `${content.level}.png`))

  let drawn = trayContent(options.state())
  const tray = new Tray(iconOf(drawn))
  tray.on('click', () => options.act({ kind: 'open' }))

  const draw = (content: TrayContent): void => {
    const template = content.items.map((item) => menuItem(item, options.act))
    tray.setContextMenu(Menu.buildFromTemplate(template))
    tray.setToolTip(content.status)
  }
  draw(drawn)

  let cooling: NodeJS.Timeout | null = null
  let changedMeanwhile = false
  const refresh = (): void => {
    if (cooling) {
      changedMeanwhile = true
      return
    }
    const next = trayContent(options.state())
    if (JSON.stringify(next) === JSON.stringify(drawn)) return
    if (next.level !== drawn.level) tray.setImage(iconOf(next))
    drawn = next
    draw(next)
    cooling = setTimeout(() => {
      cooling = null
      if (!changedMeanwhile) return
      changedMeanwhile = false
      refresh()
    }, REDRAW_MS)
  }
  const end = disposable(() => {
    if (cooling) clearTimeout(cooling)
    tray.destroy()
  })
  return { refresh, dispose: () => end.dispose() }
}

function menuItem(item: TrayItem, act: (action: TrayAction) => void): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'text':
      return { label: literal(item.label), enabled: false }
    case 'action':
      return { label: literal(item.label), click: () => act(item.action) }
  }
}

/** '&' marks a mnemonic in menu labels; a model's name is to be shown as it is. */
const literal = (label: string): string => label.replaceAll('&', '&&')
