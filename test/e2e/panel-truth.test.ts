import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Panel } from './pages/panel.ts'
import { SMALL, WIDE, useMadeUpPanel } from './support/made-up-panel.ts'

const PHONE = { width: 420, height: 900 }

/** The built panel on a made-up core: it says what is true, where one looks for it, on any screen. */
describe('what the panel says', () => {
  const madeUp = useMadeUpPanel()
  let page: Page
  let panel: Panel

  const show = async (
    scenario: string,
    viewport?: { readonly width: number; readonly height: number }
  ): Promise<void> => {
    panel = await madeUp.show(scenario, viewport)
    page = panel.page
  }

  it('a phone shows the names on the Models page, and nothing reaches over its edge', async () => {
    await show('calm', PHONE)
    await panel.go('Models')
    const name = await page.getByText('gemma-3-27b', { exact: true }).first().boundingBox()
    expect(name?.width).toBeGreaterThan(200)
    for (const button of await page.getByRole('main').getByRole('button').all()) {
      const box = await button.boundingBox()
      if (box !== null) expect(box.x + box.width).toBeLessThanOrEqual(PHONE.width)
    }
  })

  it('an address pasted over a page that is cut off lets it in, and leaves no token in view', async () => {
    await show('lost_truth')
    await page.getByText('Connection lost').waitFor()
    await panel.go('Models')
    expect(await panel.startButton('gemma-3-27b').getAttribute('aria-disabled')).toBe('true')
    await page.evaluate(() => {
      window.location.hash = '#token=calm'
    })
    await page.getByText('Connection lost').waitFor({ state: 'hidden' })
    expect(page.url()).not.toContain('token')
    expect(await panel.startButton('gemma-3-27b').getAttribute('aria-disabled')).toBe('false')
  })

  it('a refused Start keeps the focus and is announced', async () => {
    await show('calm')
    await panel.go('Models')
    await panel.startButton('gemma-3-27b').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('There is no file at that path.').waitFor()
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(focused).toBe('Start gemma-3-27b')
  })

  it.each([SMALL, WIDE])('the log of a name without end stays within %j', async (size) => {
    await show('long', size)
    await panel.go('Models')
    await page
      .getByRole('button', { name: /^Log of/ })
      .first()
      .click()
    const pane = page.getByRole('complementary')
    const box = await pane.boundingBox()
    const close = await pane.getByRole('button', { name: 'Close' }).boundingBox()
    expect(box?.x).toBeGreaterThanOrEqual(0)
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(size.width)
    expect((close?.x ?? 0) + (close?.width ?? 0)).toBeLessThanOrEqual(size.width)
    expect(await pane.evaluate((node) => node.scrollWidth <= node.clientWidth)).toBe(true)
    expect(await pane.getByRole('heading').getAttribute('title')).not.toBeNull()
  })

  it('models on this machine come before recipes', async () => {
    await show('kinds')
    await panel.go('Models')
    await page.getByRole('heading', { name: 'Playbooks' }).waitFor()
    const headings = await page.getByRole('main').getByRole('heading', { level: 2 }).allInnerTexts()
    expect(headings.slice(-3)).toEqual(['Profiles', 'Found on this machine', 'Playbooks'])
  })

  it.each([
    ['observe', 'The guard only observes.'],
    ['guard-off', 'The guard is off.']
  ])('%s: the headline says that nobody acts', async (scenario, words) => {
    await show(scenario)
    await page.getByRole('heading', { level: 1 }).getByText(words).waitFor()
  })

  it('Settings name the program in use, refuse a deadline in its place and take that back when it changes', async () => {
    await show('calm')
    await panel.go('Settings')
    await page.getByText('Using /usr/local/bin/llama-server').waitFor()
    const field = page.getByLabel('Give up loading after')
    await field.fill('3')
    await field.press('Enter')
    const refusal = page.getByText('Write a whole number: 5 to 86400 seconds.')
    await refusal.waitFor()
    await field.fill('30')
    expect(await refusal.count()).toBe(0)
    const reserve = page.getByLabel('Memory kept clear for the desktop')
    await reserve.fill('0')
    await reserve.press('Enter')
    await page.getByText('No memory is kept clear: the firebreak is off.').waitFor()
    await page.getByText('Empty = automatic, 6.0 GiB here.').waitFor()
  })
})
