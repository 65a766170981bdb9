import { app, protocol, shell, type Session, type WebContents, type WebPreferences } from 'electron'
import { CONTENT_SECURITY_POLICY } from '../../shared/contract/content-security-policy.ts'
import type { Logger } from '../platform/ports.ts'
import { APP_SCHEME, isOwnPage, isOwnRequest, mayHavePermission, mayOpenExternally } from './trust.ts'

/*
 * Everything that keeps the window from being more than a view, in one file, with a reason for each line.
 * Properties: the page runs only our code, reaches nothing but the contract, leads nowhere else, gets no rights.
 */

/** On every answer of the protocol handler. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY, // as a header it covers the document before its first byte
  'x-content-type-options': 'nosniff', // the type we name is the type
  'referrer-policy': 'no-referrer' // links to models tell nobody where they come from
}

/** Before ready, once: the only moment at which these can be set. */
export function hardenProcess(): void {
  // standard: URLs have an origin. secure: same rights as https. supportFetchAPI: modules load by fetch. No more.
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } }
  ])
  app.enableSandbox() // every renderer, also one that forgets to say so
}

/** Preferences of the window; Electron's defaults are repeated so that a change of default cannot weaken us. */
export function safeWebPreferences(preloadPath: string): WebPreferences {
  return {
    preload: preloadPath,
    sandbox: true, // the kernel holds the renderer even if its JavaScript engine is broken
    contextIsolation: true, // the page cannot reach into the preload's objects
    nodeIntegration: false, // no require() in the page
    nodeIntegrationInWorker: false, // nor in its workers
    nodeIntegrationInSubFrames: false, // nor in frames
    webSecurity: true, // same-origin rules stay on
    allowRunningInsecureContent: false, // no http inside the page
    webviewTag: false, // no second browser inside the page
    navigateOnDragDrop: false, // a dropped file is not a page to show
    spellcheck: false, // the spell checker downloads dictionaries
    devTools: !app.isPackaged // no console in the hands of whoever tells a user to paste something
  }
}

export interface SessionRules {
  /** The dev server's address; null in a packaged app. */
  readonly devUrl: string | null
  readonly logger: Logger
}

/** Rights and requests of the whole session; `dispose` is not needed, it ends with the process. */
export function hardenSession(session: Session, rules: SessionRules): void {
  // Camera, location, notifications, clipboard reading …: the panel needs none, only 'Copy' has to work.
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(details.isMainFrame && mayHavePermission(permission, details.requestingUrl, rules.devUrl))
  )
  session.setPermissionCheckHandler(
    (_contents, permission, origin, details) =>
      details.isMainFrame && mayHavePermission(permission, origin, rules.devUrl)
  )
  session.setDevicePermissionHandler(() => false) // HID, serial, USB
  session.setSpellCheckerEnabled(false) // see spellcheck above; this also stops the download
  // The last wall behind the CSP: no request of this app leaves the machine, whoever makes it.
  session.webRequest.onBeforeRequest((details, answer) => {
    const cancel = !isOwnRequest(details.url, rules.devUrl)
    if (cancel) rules.logger.warn(`blocked a request of the window to ${describe(details.url)}`)
    answer({ cancel })
  })
  session.on('will-download', (event) => event.preventDefault()) // nothing to save
}

export interface ContentsRules extends SessionRules {
  /** Ports of models that run now: their own pages may be opened in the browser. */
  readonly runnerPorts: () => ReadonlySet<number>
}

/** Every contents of this process gets the rules when it is made, also one that nobody thought of. */
export function hardenAllContents(rules: ContentsRules): void {
  app.on('web-contents-created', (_event, contents) => hardenContents(contents, rules))
}

function hardenContents(contents: WebContents, rules: ContentsRules): void {
  const stay = (event: { preventDefault(): void }, url: string): void => {
    // The dev server reloads its page; the packaged page has nowhere to go, not even to itself.
    if (rules.devUrl !== null && isOwnPage(url, rules.devUrl)) return
    event.preventDefault()
    rules.logger.warn(`blocked a navigation of the window to ${describe(url)}`)
  }
  contents.on('will-navigate', (event) => stay(event, event.url)) // links, location = …
  contents.on('will-redirect', (event) => stay(event, event.url)) // answers that lead elsewhere
  contents.on('will-frame-navigate', (event) => stay(event, event.url)) // frames inside the page
  contents.on('will-attach-webview', (event) => event.preventDefault()) // webviewTag is off; twice is safer
  contents.setWindowOpenHandler(({ url }) => {
    if (mayOpenExternally(url, rules.runnerPorts())) {
      shell.openExternal(url).catch((error: unknown) => rules.logger.error('no browser opened', error))
    } else {
      rules.logger.warn(`did not open ${describe(url)}`)
    }
    return { action: 'deny' } // a second window would need all of this again
  })
}

/** Bounded and on one line: URLs of pages end up in the log. */
const describe = (url: string): string => JSON.stringify(url.slice(0, 200))
