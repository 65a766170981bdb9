import { join } from 'node:path'
import { BrowserWindow, nativeTheme } from 'electron'
import type { Logger } from '../platform/ports.ts'
import { safeWebPreferences } from './security.ts'
import { APP_URL } from './trust.ts'

/** The layouts of the panel: comfortable, and the smallest that still shows everything in one column. */
const DEFAULT_SIZE = { width: 1280, height: 800 }
const MINIMUM_SIZE = { minWidth: 900, minHeight: 600 }

/** --page of the renderer's tokens.css, so that the window does not flash before its first paint. */
const SURFACE = { dark: '#121316', light: '#f2f3f5' }

export interface WindowOptions {
  readonly preloadPath: string
  readonly resourcesDir: string
  /** The dev server's address; null in a packaged app. */
  readonly devUrl: string | null
  readonly logger: Logger
}

export interface MainWindow {
  /** The open window; null while there is only the tray. */
  current(): BrowserWindow | null
  /** Brings it to the front, and makes it first where there is none. */
  open(): void
}

/**
 * One window, made when it is wanted and destroyed when it is closed: in the tray only the core remains, without
 * the 80–100 MiB of a renderer.
 */
export function createMainWindow(options: WindowOptions): MainWindow {
  let window: BrowserWindow | null = null

  const create = (): BrowserWindow => {
    const made = new BrowserWindow({
      ...DEFAULT_SIZE,
      ...MINIMUM_SIZE,
      title: 'Firebreak',
      name: 'main',
      windowStatePersistence: true, // size and place, as the desktop allows
      show: false, // until the first paint
      autoHideMenuBar: true,
      icon: join(options.resourcesDir, 'icons', '256x256.png'),
      backgroundColor: nativeTheme.shouldUseDarkColors ? SURFACE.dark : SURFACE.light,
      webPreferences: safeWebPreferences(options.preloadPath)
    })
    made.on('page-title-updated', (event) => event.preventDefault())
    made.once('ready-to-show', () => made.show())
    made.once('closed', () => {
      window = null
    })
    made.webContents.on('render-process-gone', (_event, details) => {
      options.logger.error(`the window's process ended: ${details.reason}`)
      // Killed for memory, most likely. The window is made anew when it is asked for; nothing is lost with it.
      if (details.reason !== 'clean-exit') made.destroy()
    })
    made.loadURL(options.devUrl ?? APP_URL).catch((error: unknown) => {
      if (!made.isDestroyed()) options.logger.error('the panel could not be loaded', error)
    })
    return made
  }

  return {
    current: () => window,
    open() {
      if (window === null) {
        window = create()
        return
      }
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    }
  }
}
