import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { chromiumArgs, chromiumPath } from '../../double/chromium-path.mjs'
import { serveFakeCore } from '../../support/fake-core/server.ts'
import { Panel } from '../pages/panel.ts'

const RENDERER = resolve(import.meta.dirname, '../../../out/renderer')

/** The sizes that are promised to work. */
export const WIDE = { width: 1280, height: 800 }
export const SMALL = { width: 900, height: 600 }

export interface MadeUpPanel {
  /** A new page on a made-up core in that state; the page before it is closed after each test. */
  show(scenario: string, viewport?: { readonly width: number; readonly height: number }): Promise<Panel>
}

/** The built panel in Chromium on a made-up core, for the tests of one file; they skip where there is no Chromium. */
export function useMadeUpPanel(): MadeUpPanel {
  let server: Server | null = null
  let browser: Browser | null = null
  let missing: string | null = null
  let shown: Panel | null = null

  beforeAll(async () => {
    try {
      chromiumPath()
    } catch (error) {
      missing = error instanceof Error ? error.message : String(error)
      return
    }
    server = await serveFakeCore(RENDERER, 0)
    browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
  })
  beforeEach((context) => {
    if (missing !== null) context.skip(missing)
  })
  afterEach(async () => {
    await shown?.page.close()
    shown = null
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    await new Promise((done) => (server === null ? done(null) : server.close(done)))
  })

  return {
    async show(scenario, viewport = WIDE) {
      if (browser === null || server === null) throw new Error('not started')
      const page = await browser.newPage({ viewport })
      shown = new Panel(page)
      const { port } = server.address() as AddressInfo
      await page.goto(`http://127.0.0.1:${port}/#token=${scenario}`)
      await page.getByRole('status').waitFor()
      return shown
    }
  }
}
