// The one Chromium behind all windows: its default context, so that a test can attach to it over CDP.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { onExit } from './app.mjs'
import { chromiumArgs, chromiumPath } from './chromium-path.mjs'
import { nativeTheme } from './desktop.mjs'
import { handlerOf, session } from './session.mjs'
import { CARRIED, fromCarrier } from './urls.mjs'

let opening = null

/** Starts Chromium at the first call. Its first, blank page stays: it keeps the browser alive without a window. */
export function browser() {
  opening ??= open()
  return opening
}

async function open() {
  const profile = mkdtempSync(join(tmpdir(), 'double-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: process.env.DOUBLE_HEADED !== '1',
    args: [...chromiumArgs(), '--remote-debugging-port=0'],
    viewport: null,
    colorScheme: nativeTheme.shouldUseDarkColors ? 'dark' : 'light',
    handleSIGINT: false, // app.mjs answers signals
    handleSIGTERM: false,
    handleSIGHUP: false
  })
  onExit(async () => {
    await context.close().catch(() => undefined)
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
  await context.route('**/*', (route) => serve(route))
  return { context, profile }
}

/** Every request: first the application's webRequest listener, then its protocol handler. */
async function serve(route) {
  const request = route.request()
  const url = fromCarrier(request.url())
  if (await session.defaultSession.cancels(url)) return await route.abort('blockedbyclient')
  if (!CARRIED.test(request.url())) return await route.continue()
  const handler = handlerOf(new URL(url).protocol.slice(0, -1))
  if (!handler) return await route.abort()
  const response = await handler(new Request(url, { method: request.method(), headers: request.headers() }))
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer())
  })
}

/** Where a test attaches with connectOverCDP. */
export async function debuggingUrl() {
  const { profile } = await browser()
  const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  return `http://127.0.0.1:${port}`
}
