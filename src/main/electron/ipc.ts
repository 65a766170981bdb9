import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent, type WebContents } from 'electron'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../../shared/contract/channels.ts'
import type { WireReply } from '../../shared/contract/wire.ts'
import { disposable, disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint, EndpointSession } from '../transport/endpoint.ts'
import { failure } from '../transport/envelope.ts'
import { requestIdOf, sizeProblem } from './request-bounds.ts'
import { isTrustedSender } from './trust.ts'

export interface IpcOptions {
  readonly endpoint: Endpoint
  readonly window: () => BrowserWindow | null
  readonly devUrl: string | null
  readonly logger: Logger
}

/**
 * The contract on Electron's IPC; nothing else may touch ipcMain. One session per page: it ends when the window
 * is closed, its process dies or another document is loaded, so that no subscription outlives its page.
 */
export function serveIpc(options: IpcOptions): Disposable {
  const sessions = new Map<number, Disposable & { session: EndpointSession }>()

  const open = (contents: WebContents): EndpointSession => {
    const known = sessions.get(contents.id)
    if (known) return known.session
    const session = options.endpoint.connect((event) => {
      if (contents.isDestroyed()) return
      // A picture nobody sees is not drawn: readings wait until the window is back. The rest is rare and kept.
      if (event.event === 'live' && !isOnScreen(options.window())) return
      contents.send(EVENT_CHANNEL, event)
    })
    const end = disposable(() => {
      sessions.delete(contents.id)
      session.dispose()
    })
    sessions.set(contents.id, { session, dispose: () => end.dispose() })
    contents.once('destroyed', () => end.dispose())
    contents.once('render-process-gone', () => end.dispose())
    const onNavigation = (details: { isMainFrame: boolean; isSameDocument: boolean }): void => {
      if (!details.isMainFrame || details.isSameDocument) return
      contents.off('did-start-navigation', onNavigation)
      end.dispose()
    }
    contents.on('did-start-navigation', onNavigation)
    return session
  }

  ipcMain.handle(REQUEST_CHANNEL, async (event: IpcMainInvokeEvent, raw: unknown): Promise<WireReply> => {
    const { senderFrame } = event
    const frame = senderFrame === null ? null : { url: senderFrame.url, parent: senderFrame.parent }
    const isOwnWindow = options.window()?.webContents === event.sender
    if (!isTrustedSender({ frame, isOwnWindow }, options.devUrl)) {
      options.logger.warn('refused a request that did not come from the Firebreak window')
      return failure(requestIdOf(raw), {
        code: 'unauthorized',
        message: 'only the Firebreak window may talk to the core'
      })
    }
    const problem = sizeProblem(raw)
    if (problem) return failure(requestIdOf(raw), problem)
    return open(event.sender).request(raw)
  })

  return disposable(() => {
    ipcMain.removeHandler(REQUEST_CHANNEL)
    disposeAll([...sessions.values()])
  })
}

const isOnScreen = (window: BrowserWindow | null): boolean =>
  window !== null && !window.isDestroyed() && window.isVisible() && !window.isMinimized()
