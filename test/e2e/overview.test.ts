import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { chromium, type Browser, type Locator, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumArgs, chromiumPath } from '../double/chromium-path.mjs'
import { serveFakeCore } from '../support/fake-core/server.ts'
import { until } from '../support/until.ts'
import { Panel } from './pages/panel.ts'

const RENDERER = resolve(import.meta.dirname, '../../out/renderer')
const WIDE = { width: 1280, height: 800 }
const SMALL = { width: 900, height: 600 }

/** What people see on the Overview, on a made-up core. */
describe('the Overview', () => {
  let server: Server
  let browser: Browser
  let page: Page

  const show = async (scenario: string, viewport = WIDE): Promise<Panel> => {
    page = await browser.newPage({ viewport })
    const { port } = server.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/#token=${scenario}`)
    await page.getByRole('status').waitFor()
    return new Panel(page)
  }
  const box = async (what: Locator): Promise<{ top: number; bottom: number; height: number }> => {
    const found = await what.boundingBox()
    if (found === null) throw new Error('it is not there')
    return { top: found.y, bottom: found.y + found.height, height: found.height }
  }
  const region = (name: string): Locator => page.getByRole('region', { name, exact: true })

  beforeAll(async () => {
    server = await serveFakeCore(RENDERER, 0)
    browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
  })
  afterEach(async () => {
    await page?.close()
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    await new Promise((done) => server?.close(done))
  })

  it('has what matters on the first screen: sentence, strip, figures, graph, holders, a model', async () => {
    const panel = await show('calm')
    const bottoms = await Promise.all([
      box(page.getByRole('status')),
      box(region('Memory of this machine')),
      box(region('Machine')),
      box(region('Memory over time')),
      box(page.getByRole('row').filter({ hasText: 'firefox' }).last()),
      box(panel.card('qwen3-32b'))
    ])
    for (const { bottom } of bottoms) expect(bottom).toBeLessThanOrEqual(WIDE.height)
    const tiles = await region('Machine').locator('.tile').all()
    const tops = await Promise.all(tiles.map(async (one) => (await box(one)).top))
    expect(new Set(tops).size).toBe(1)
  })

  it('folds a model to one line in a small window, and holders come before what could be started', async () => {
    const panel = await show('calm', SMALL)
    const card = panel.card('qwen3-32b')
    expect((await box(card)).height).toBeLessThan(64)
    expect(await panel.stopButton('qwen3-32b').isVisible()).toBe(true)
    await card.getByRole('button', { name: 'More about qwen3-32b' }).click()
    await card.getByText('http://127.0.0.1:8080').waitFor()
    const holders = await box(region('Who holds the memory'))
    expect(holders.bottom).toBeLessThanOrEqual((await box(region('Ready to start'))).top)
  })

  it('says that the GPU driver does not answer, and how old its figures are', async () => {
    await show('unknown-gpu')
    await page.getByText(/The GPU driver has not answered for 42.s; GPU figures are that old/).waitFor()
    await page.getByRole('columnheader', { name: /GPU, 42.s old/ }).waitFor()
  })

  it('shows which of several GPUs it tells about, and the next one on demand', async () => {
    await show('two-gpus')
    const tiles = region('Machine')
    await tiles.getByText('GPU 1', { exact: true }).waitFor()
    await tiles.getByRole('button', { name: 'Show the next GPU, 1 more' }).click()
    await tiles.getByText('GPU 2', { exact: true }).waitFor()
    expect(await tiles.getByText('22 %').count()).toBe(1)
  })

  it('names VRAM as the card’s own, and no GPU part where there is no GPU', async () => {
    const panel = await show('discrete')
    const card = panel.card('qwen3-32b')
    expect(await card.getByText('VRAM').locator('..').innerText()).toContain('33.2')
    expect(await card.getByText('GPU part').count()).toBe(0)
    expect(await panel.stopButton('qwen3-32b').getAttribute('title')).toContain('of the graphics card’s own')
  })

  it('moves nothing by itself when a tick comes', async () => {
    await show('act')
    const cpu = region('Machine').getByText('CPU', { exact: true }).locator('../..')
    const before = await cpu.innerText()
    let animations = 0
    await until('a tick', async () => {
      animations = Math.max(animations, await page.evaluate(() => document.getAnimations().length))
      return (await cpu.innerText()) !== before
    })
    animations = Math.max(animations, await page.evaluate(() => document.getAnimations().length))
    expect(animations).toBe(0)
  })

  it('keeps its meaning with forced colours', async () => {
    await show('calm')
    await page.emulateMedia({ forcedColors: 'active' })
    const outline = (what: Locator): Promise<string> =>
      what.evaluate((one) => getComputedStyle(one).outlineStyle)
    expect(await outline(page.getByRole('button', { name: 'Overview', exact: true }))).toBe('solid')
    expect(await outline(page.locator('.switch label.on'))).toBe('solid')
    const painted = await page
      .locator('.strip-break, .strip-edge, .holder-key i')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).forcedColorAdjust))
    expect(painted.length).toBeGreaterThanOrEqual(4)
    expect(new Set(painted)).toEqual(new Set(['none']))
    const dot = await page
      .locator('.state-word.ready')
      .first()
      .evaluate((one) => getComputedStyle(one, '::before').backgroundColor)
    expect(dot).not.toBe('rgba(0, 0, 0, 0)')
  })
})
