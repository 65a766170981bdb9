import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import type { Panel } from './pages/panel.ts'
import { SMALL, WIDE, useMadeUpPanel } from './support/made-up-panel.ts'

const LLAMA = 'llama-3.3-70b'

/** The built panel on a made-up core: whether a model fits is known before it starts, and what to do where not. */
describe('will it fit', () => {
  const madeUp = useMadeUpPanel()
  let page: Page
  let panel: Panel

  const show = async (scenario = 'too-big', viewport: typeof WIDE = WIDE): Promise<void> => {
    panel = await madeUp.show(scenario, viewport)
    page = panel.page
    await panel.go('Models')
  }
  const dialog = () => page.getByRole('dialog', { name: `${LLAMA} does not fit now` })
  const refuse = async (): Promise<void> => {
    await show()
    await panel.startButton(LLAMA).focus()
    await page.keyboard.press('Enter')
    await dialog().waitFor()
  }

  it.each([
    ['gemma-3-27b', 'Fits'],
    ['qwen3-32b-long', 'Tight'],
    [LLAMA, 'Does not fit'],
    ['kestrel-2', 'Not known']
  ])('%s: %s, as a word beside its shape', async (name, word) => {
    await show()
    await panel.row(name).getByText(word, { exact: true }).waitFor()
  })

  it('a slider that moves makes another verdict', async () => {
    await show()
    await page.getByRole('button', { name: `Edit ${LLAMA}` }).click()
    const panelOf = page.getByRole('region', { name: 'Will it fit?' })
    await panelOf.getByText('Does not fit', { exact: true }).waitFor()
    const slider = page.getByRole('slider', { name: 'Context' })
    await slider.focus()
    await page.keyboard.press('Home')
    await panelOf.getByText('Fits', { exact: true }).waitFor()
    expect(await slider.getAttribute('aria-valuetext')).toBe('512 tokens')
    expect(await page.getByLabel('Context tokens').inputValue()).toBe('512')
  })

  it('a way out is taken with one click: its settings are in the form, and it fits', async () => {
    await show()
    await page.getByRole('button', { name: `Edit ${LLAMA}` }).click()
    const panelOf = page.getByRole('region', { name: 'Will it fit?' })
    await panelOf.getByRole('button', { name: /^A context of/ }).click()
    await panelOf.getByText('Fits', { exact: true }).waitFor()
    expect(Number(await page.getByLabel('Context tokens').inputValue())).toBeLessThan(65_536)
  })

  it('the figure is told part by part, and where it comes from', async () => {
    await show()
    await page.getByRole('button', { name: 'Edit gemma-3-27b' }).click()
    const panelOf = page.getByRole('region', { name: 'Will it fit?' })
    await panelOf.getByText(/^Measured on this machine in 4 runs/).waitFor()
    await panelOf.getByText('What it is made of').click()
    await panelOf.getByRole('rowheader', { name: /^KV cache/ }).waitFor()
    await panelOf.getByText(/A ceiling, not a promise/).waitFor()
  })

  it('a refused start opens the ways out; the way back has the focus, and gives it back', async () => {
    await refuse()
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    expect(await focused()).toBe('Do not start it')
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'hidden' })
    const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    expect(label).toBe(`Start ${LLAMA}`)
  })

  it('settings that the dialog offers are for this start only', async () => {
    await refuse()
    await dialog()
      .getByRole('button', { name: /, for this start only/ })
      .first()
      .waitFor()
  })

  it.each(['99999999', 'abc', '-5', '', '4096.5'])(
    'a context of %j is marked while one types, and what it takes is asked for in words',
    async (typed) => {
      await show()
      await page.getByRole('button', { name: 'Edit gemma-3-27b' }).click()
      const context = page.getByLabel('Context tokens')
      await context.fill(typed)
      expect(await context.getAttribute('aria-invalid')).toBe('true')
      await page.getByText('Correct the context to see what it takes.').waitFor()
    }
  )

  it('Escape closes a form as Cancel does, and gives the focus back', async () => {
    await show()
    const edit = page.getByRole('button', { name: 'Edit gemma-3-27b' })
    const form = page.getByRole('form')
    for (const way of ['Escape', 'Cancel']) {
      await edit.click()
      const name = page.getByLabel('Name', { exact: true })
      await name.fill('x'.repeat(199))
      expect(await name.getAttribute('aria-invalid')).toBe('false')
      await name.press('End')
      await page.keyboard.type('xyz')
      expect((await name.inputValue()).length).toBe(200)
      await page.getByText('No more than 200 characters.').waitFor()
      if (way === 'Escape') await page.keyboard.press('Escape')
      else await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      await form.waitFor({ state: 'detached' })
      expect(await edit.evaluate((node) => node === document.activeElement)).toBe(true)
    }
    await page.getByRole('button', { name: 'New…' }).click()
    await page.getByRole('button', { name: 'New llama.cpp', exact: true }).click()
    await page.getByLabel('Name', { exact: true }).press('Escape')
    await form.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('New…')
  })

  it('it waits for room, and is cancelled without having been started', async () => {
    await refuse()
    await dialog().getByRole('button', { name: /^Wait/ }).click()
    await dialog().waitFor({ state: 'hidden' })
    await panel.row(LLAMA).getByText('Waiting', { exact: true }).waitFor()
    await page.getByRole('button', { name: `Cancel ${LLAMA}` }).click()
  })

  it('stopping another is confirmed, and says what is lost', async () => {
    await refuse()
    await dialog()
      .getByRole('button', { name: /^Stop qwen3-32b/ })
      .click()
    const confirm = page.getByRole('dialog', { name: /^Stop qwen3-32b/ })
    await confirm.getByText(/is lost\. Then llama-3\.3-70b is started\./).waitFor()
    await confirm.getByRole('button', { name: 'Keep it' }).click()
    expect(await dialog().isVisible()).toBe(true)
  })

  it('to start it anyway its name is typed, and nothing less', async () => {
    await refuse()
    await dialog()
      .getByRole('button', { name: /^Start anyway;/ })
      .click()
    await dialog().getByText('The guard stays armed', { exact: false }).last().waitFor()
    const start = dialog().getByRole('button', { name: 'Start anyway', exact: true })
    const field = dialog().getByRole('textbox')
    await field.fill('llama')
    expect(await start.getAttribute('aria-disabled')).toBe('true')
    await field.fill(LLAMA)
    await field.press('Enter')
    await dialog().waitFor({ state: 'hidden' })
  })

  it('the form and the dialog fit a small window', async () => {
    await show('too-big', SMALL)
    await page.getByRole('button', { name: `Edit ${LLAMA}` }).click()
    await page.getByRole('button', { name: /^Wait, and start/ }).waitFor()
    const isWider = await page.evaluate(() => {
      const main = document.querySelector('main')
      return main === null || main.scrollWidth > main.clientWidth
    })
    expect(isWider).toBe(false)
    await panel.startButton(LLAMA).click()
    await dialog().waitFor()
    const box = await dialog().boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(SMALL.height)
  })

  it('what waits is listed in its order on the Overview, and what is spoken for is told', async () => {
    await show('waiting')
    await panel.go('Overview')
    const list = page.getByRole('region', { name: 'Waiting to start' })
    await until('both', async () => (await list.getByRole('listitem').count()) === 2)
    expect(await list.getByRole('listitem').first().innerText()).toContain('qwen3-32b')
    expect(await page.getByRole('status').first().innerText()).toMatch(/free for models, .* spoken for/)
    await list.getByRole('button', { name: 'Cancel gemma-3-27b' }).waitFor()
  })
})
