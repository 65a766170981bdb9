import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import type { Panel } from './pages/panel.ts'
import { SMALL, useMadeUpPanel, WIDE } from './support/made-up-panel.ts'

/** What people see on the Overview, on a made-up core. */
describe('the Overview', () => {
  const madeUp = useMadeUpPanel()
  let page: Page

  const show = async (scenario: string, viewport?: typeof SMALL): Promise<Panel> => {
    const panel = await madeUp.show(scenario, viewport)
    page = panel.page
    return panel
  }
  const box = async (what: Locator): Promise<{ top: number; bottom: number; height: number }> => {
    const found = await what.boundingBox()
    if (found === null) throw new Error('it is not there')
    return { top: found.y, bottom: found.y + found.height, height: found.height }
  }
  const region = (name: string): Locator => page.getByRole('region', { name, exact: true })

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
