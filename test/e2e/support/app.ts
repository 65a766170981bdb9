import type { Page } from 'playwright-core'
import { launchOnDouble } from './double-app.ts'
import { launchOnElectron } from './electron-app.ts'

export interface TrayLine {
  readonly type: string
  readonly label: string
  readonly enabled: boolean
}

/** What left the application towards the desktop, and what the desktop shows of it. */
export interface DesktopState {
  readonly windows: readonly { readonly visible: boolean; readonly loaded: boolean }[]
  /** URLs handed to the user's browser. */
  readonly opened: readonly string[]
  readonly notifications: readonly { readonly title: string; readonly body: string }[]
  readonly tray: readonly TrayLine[]
  /** File of the tray's icon; null where it cannot be told. */
  readonly trayIcon: string | null
}

/** What a user does outside the page. */
export type DesktopAct =
  'closeWindow' | 'reloadWindow' | 'hideWindow' | 'showWindow' | 'secondInstance' | 'quit'

export interface ForgedFrame {
  readonly url: string
  readonly isTop: boolean
  readonly ofOurWindow: boolean
}

/** The built application, on the Electron double or on real Electron: specs cannot tell which. */
export interface AppUnderTest {
  readonly pid: number
  /** The window's page; waits until there is one and it has loaded. */
  page(): Promise<Page>
  state(): Promise<DesktopState>
  act(what: DesktopAct): Promise<void>
  clickTray(label: string): Promise<void>
  /** What the application's permission handlers grant for this permission. */
  grants(permission: string): Promise<{ request: boolean; check: boolean; device: boolean }>
  /** Whether the session lets nobody, not even the main process, fetch this URL. */
  blocks(url: string): Promise<boolean>
  /** What the core's IPC answers to a frame like this one, which the page's policy would never let exist. */
  askFrom(frame: ForgedFrame): Promise<unknown>
  /** Everything the process wrote, for failures. */
  output(): string
  /** Settles when the process has ended by itself. */
  ended(): Promise<number | null>
  /** Ends it as the end of a session does, and waits. */
  close(): Promise<void>
}

export interface LaunchOptions {
  /** FIREBREAK_* places and whatever else the application is to see. */
  readonly env: NodeJS.ProcessEnv
  readonly args?: readonly string[]
}

export const onRealElectron = process.env['FIREBREAK_E2E'] === 'electron'

export async function launchApp(options: LaunchOptions): Promise<AppUnderTest> {
  return onRealElectron ? await launchOnElectron(options) : await launchOnDouble(options)
}
