import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { _electron, type Page } from 'playwright-core'
import { REQUEST_CHANNEL } from '../../../src/shared/contract/channels.ts'
import type { AppUnderTest, DesktopState, LaunchOptions } from './app.ts'
import { HELLO } from './hello.ts'
import { until } from '../../support/until.ts'

const root = resolve(import.meta.dirname, '../../..')

/** What electron-hook.cjs keeps in the main process. */
interface Hooked {
  readonly opened: string[]
  readonly notifications: { title: string; body: string }[]
  readonly trays: { menu: Electron.Menu | null; icon: string | null }[]
}
type HookedGlobal = typeof globalThis & { firebreakE2E: Hooked }

/** The same application on real Electron; never without its sandbox. */
export async function launchOnElectron(options: LaunchOptions): Promise<AppUnderTest> {
  const electronPath = createRequire(import.meta.url)('electron') as string
  const app = await _electron.launch({
    executablePath: electronPath,
    args: ['-r', join(import.meta.dirname, 'electron-hook.cjs'), root, ...(options.args ?? [])],
    cwd: root,
    env: { ...process.env, ...options.env } as Record<string, string>,
    chromiumSandbox: true
  })
  const child = app.process()
  const { pid } = child
  if (pid === undefined) throw new Error('Electron could not be spawned')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += String(data)))
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))

  const page = (): Promise<Page> =>
    until('the window to load', () =>
      app.windows().find((window) => window.url().startsWith('app://') && !window.isClosed())
    )

  return {
    pid,
    page,
    state: () =>
      app.evaluate(({ BrowserWindow }): DesktopState => {
        const { opened, notifications, trays } = (globalThis as HookedGlobal).firebreakE2E
        return {
          windows: BrowserWindow.getAllWindows().map((window) => ({
            visible: window.isVisible(),
            loaded: !window.webContents.isLoading()
          })),
          opened: [...opened],
          notifications: [...notifications],
          tray: (trays.at(-1)?.menu?.items ?? []).map(({ type, label, enabled }) => ({
            type,
            label,
            enabled
          })),
          trayIcon: trays.at(-1)?.icon ?? null
        }
      }),
    act: (what) =>
      app.evaluate(({ app: electronApp, BrowserWindow }, act) => {
        const window = BrowserWindow.getAllWindows()[0]
        if (act === 'quit') electronApp.quit()
        else if (act === 'secondInstance') electronApp.emit('second-instance', {}, [], process.cwd())
        else if (act === 'closeWindow') window?.close()
        else if (act === 'reloadWindow') window?.webContents.reload()
        else if (act === 'hideWindow') window?.hide()
        else window?.show()
      }, what),
    clickTray: (label) =>
      app.evaluate((_electron, wanted) => {
        const items = (globalThis as HookedGlobal).firebreakE2E.trays.at(-1)?.menu?.items ?? []
        const item = items.find((candidate) => candidate.label === wanted)
        if (!item) throw new Error(`no tray item '${wanted}'`)
        item.click()
      }, label),
    async grants(permission) {
      const granted = await (
        await page()
      ).evaluate(async (name: string) => {
        const query = navigator.permissions.query({ name: name as PermissionName })
        return await query.then(
          (status) => status.state === 'granted',
          () => false // a permission that pages cannot ask for
        )
      }, permission)
      return { request: granted, check: granted, device: false }
    },
    blocks: (url) =>
      app.evaluate(
        ({ net }, wanted) =>
          net.fetch(wanted).then(
            () => false,
            (error: Error) => /BLOCKED_BY_CLIENT/.test(error.message)
          ),
        url
      ),
    askFrom: (frame) =>
      app.evaluate(
        ({ BrowserWindow, ipcMain }, { channel, message, forged }) => {
          // Electron keeps its handlers here; nothing public can call one with a sender of one's own.
          const handlers = Reflect.get(ipcMain, '_invokeHandlers') as Map<
            string,
            (...args: unknown[]) => unknown
          >
          const sender = forged.ofOurWindow ? BrowserWindow.getAllWindows()[0]?.webContents : {}
          const senderFrame = { url: forged.url, parent: forged.isTop ? null : {} }
          return handlers.get(channel)?.({ sender, senderFrame }, message)
        },
        { channel: REQUEST_CHANNEL, message: HELLO, forged: frame }
      ),
    output: () => output,
    ended: () => exit,
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exit
    }
  }
}
