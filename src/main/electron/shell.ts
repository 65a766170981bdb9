import { join } from 'node:path'
import { app, dialog, Notification, nativeTheme, protocol, session } from 'electron'
import { ACTIVE_STATES } from '../../shared/model/runner.ts'
import { assertNever } from '../../shared/util/assert-never.ts'
import { disposable, disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint } from '../transport/endpoint.ts'
import { connectClient, SILENT_AFTER_MS, watchCore, type CoreView } from './core-client.ts'
import { serveIpc } from './ipc.ts'
import { setApplicationMenu } from './menu.ts'
import { createAppHandler } from './protocol.ts'
import { hardenAllContents, hardenProcess, hardenSession, SECURITY_HEADERS } from './security.ts'
import { trayHost } from './tray-host.ts'
import { createTray } from './tray.ts'
import type { TrayAction, TrayState } from './tray-content.ts'
import { APP_SCHEME } from './trust.ts'
import { createMainWindow } from './window.ts'

export interface PrepareOptions {
  /** Off by default: on unified memory the window's GPU buffers come out of the memory that Firebreak guards. */
  readonly hardwareAcceleration: boolean
  /** Chromium's own files and the single-instance lock; apart from settings, so that they are not mixed. */
  readonly userDataDir?: string
}

/**
 * What Electron allows only before it is ready; call it synchronously at start.
 *
 * @returns false if another Firebreak of this user has its window: it comes to the front, this one ends.
 */
export function prepareElectron(options: PrepareOptions): boolean {
  if (options.userDataDir !== undefined) app.setPath('userData', options.userDataDir)
  hardenProcess()
  if (!options.hardwareAcceleration) app.disableHardwareAcceleration()
  const first = app.requestSingleInstanceLock()
  if (!first) app.quit()
  return first
}

/**
 * Ends an application that could not start, with the reason in a window of its own: started from an icon, nobody
 * sees its log.
 */
export async function giveUp(reason: string): Promise<void> {
  await app.whenReady()
  dialog.showErrorBox('Firebreak could not start', reason)
  app.exit(1)
}

export interface ShellOptions {
  /** The core, in this process or behind another one's socket. */
  readonly endpoint: Endpoint
  readonly places: {
    readonly rendererDir: string
    readonly preloadPath: string
    readonly resourcesDir: string
  }
  /** Ends the core of this process; runners stay. Bounded by QUIT_DEADLINE_MS. */
  readonly onQuit: () => Promise<void>
  readonly logger: Logger
}

/** What stands once the application runs. */
export interface Shell extends Disposable {
  /** Brings the window to the front, or makes one. */
  open(): void
}

/** A session that ends kills what is left after some 10 s; a blocked driver must not make logging out hang. */
const QUIT_DEADLINE_MS = 3_000

/**
 * Window, tray and IPC around a core that has started; settles when they stand. Not for a top-level await:
 * Electron becomes ready only after the main module has been evaluated to its end.
 */
export async function startShell(options: ShellOptions): Promise<Shell> {
  const { logger, places } = options
  await app.whenReady()
  // Only a checkout has a dev server; a packaged app must not be told by its environment whom to trust.
  const devUrl = app.isPackaged ? null : (process.env['ELECTRON_RENDERER_URL'] ?? null)

  const core = connectClient(options.endpoint, logger)
  const watch = watchCore(core.client, logger)
  const runnerPorts = (): ReadonlySet<number> => portsOf(watch.view())

  hardenSession(session.defaultSession, { devUrl, logger })
  hardenAllContents({ devUrl, logger, runnerPorts })
  protocol.handle(APP_SCHEME, createAppHandler(places.rendererDir, SECURITY_HEADERS))
  setApplicationMenu()

  const window = createMainWindow({
    preloadPath: places.preloadPath,
    resourcesDir: places.resourcesDir,
    devUrl,
    logger
  })
  const ipc = serveIpc({ endpoint: options.endpoint, window: window.current, devUrl, logger })

  const act = (action: TrayAction): void => {
    switch (action.kind) {
      case 'open':
        return window.open()
      case 'quit':
        return app.quit()
      case 'start':
        void core.client.call('runners.start', { target: action.id }).then((result) => {
          if (!result.ok) tell(`Could not start ${action.label}`, result.error.message)
          else if (result.value.state === 'waiting') tell(`${action.label} waits`, result.value.text)
        })
        return
      case 'stop':
        void core.client.call('runners.stop', { id: action.id }).then((result) => {
          if (result.ok) tell(`Stopped ${action.label}`, result.value.text)
          else tell(`Could not stop ${action.label}`, result.error.message)
        })
        return
      case 'answer': {
        const { watchId, victimId, choice } = action
        void core.client.call('guard.answer', { watchId, victimId, choice }).then((result) => {
          if (!result.ok) tell(`Could not tell the guard about ${action.label}`, result.error.message)
        })
        return
      }
      default:
        return assertNever(action)
    }
  }

  const tray = createTray({
    iconDir: join(places.resourcesDir, 'tray'),
    state: () => trayState(watch.view()),
    act
  })
  const changes = watch.onChange(() => {
    const theme = watch.view().settings?.theme ?? 'system'
    if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme
    tray.refresh()
  })

  const onSecondInstance = (): void => window.open()
  const onActivate = (): void => window.open()
  const onAllClosed = (): void => {
    void trayHost(process.env).then((host) => {
      // Without a tray nothing could bring the window back, so closing it means quitting.
      if (host === 'absent' && window.current() === null) app.quit()
    })
  }
  app.on('second-instance', onSecondInstance)
  app.on('activate', onActivate)
  app.on('window-all-closed', onAllClosed)

  const shell = disposable(() => {
    app.off('second-instance', onSecondInstance)
    app.off('activate', onActivate)
    app.off('window-all-closed', onAllClosed)
    disposeAll([core, watch, ipc, tray, changes])
  })
  quitInOrder(shell, options)

  if (!process.argv.includes('--hidden')) window.open()
  return { ...shell, open: () => window.open() }
}

/** The first quit (menu, Ctrl+C, SIGTERM, end of the session) is held until the core has ended, then let through. */
function quitInOrder(shell: Disposable, options: ShellOptions): void {
  let state: 'running' | 'ending' | 'ended' = 'running'
  app.on('before-quit', (event) => {
    if (state === 'ended') return
    event.preventDefault()
    if (state === 'ending') return
    state = 'ending'
    const deadline = new Promise<void>((done) => setTimeout(done, QUIT_DEADLINE_MS))
    const ended = options
      .onQuit()
      .catch((error: unknown) => options.logger.error('the core did not end well', error))
    void Promise.race([ended, deadline]).then(() => {
      state = 'ended'
      shell.dispose()
      app.quit()
    })
  })
}

function portsOf(view: CoreView): ReadonlySet<number> {
  const ports = [...view.runners.values()].flatMap((runner) =>
    runner.port !== null && ACTIVE_STATES.includes(runner.state) ? [runner.port] : []
  )
  return new Set(ports)
}

function trayState(view: CoreView): TrayState {
  const silent = view.liveAtMs === null || performance.now() - view.liveAtMs > SILENT_AFTER_MS
  return {
    live: silent ? null : view.live,
    runners: [...view.runners.values()],
    guard: silent ? null : view.guard
  }
}

function tell(title: string, body: string): void {
  if (Notification.isSupported()) new Notification({ title, body, silent: true }).show()
}
