import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ALL_SCENARIOS } from '../support/fake-core/all-scenarios.ts'
import { until } from '../support/until.ts'
import type { Panel } from './pages/panel.ts'
import { SMALL, useMadeUpPanel } from './support/made-up-panel.ts'

/** The built panel on a made-up core: what it does with clicks, keys and little room. */
describe('the panel', () => {
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
  /** Commands sent since the page was shown, as the socket carries them. */
  const sent = (): readonly string[] => commands
  let commands: string[] = []
  const record = (): void => {
    commands = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        commands.push((JSON.parse(String(payload)) as { command: string }).command)
      })
    )
  }
  const focused = async (): Promise<string> =>
    await page.evaluate(
      () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName ?? ''
    )

  it('a double click on Start starts a model and does not stop it', async () => {
    await show('calm')
    record()
    await page.reload()
    await panel.go('Models')
    const starts = (): readonly string[] => sent().filter((one) => /^runners\.st(art|op)$/.test(one))
    await panel.startButton('gpt-oss-120b').dblclick({ delay: 20 })
    await panel.stopButton('gpt-oss-120b').waitFor()
    await page.getByRole('button', { name: 'Edit gpt-oss-120b' }).click()
    expect(starts()).toEqual(['runners.start'])
    await until('Stop to act', async () => {
      await panel.stopButton('gpt-oss-120b').click()
      return sent().includes('runners.stop')
    })
  })

  it('a click at the very moment Stop takes the place of Start does nothing', async () => {
    await show('calm')
    await panel.go('Models')
    await page.evaluate(
      () =>
        new Promise<void>((done) => {
          const button = (name: string): HTMLElement | null =>
            document.querySelector(`[aria-label="${name} gpt-oss-120b"]`)
          new MutationObserver((_changes, self) => {
            const stop = button('Stop')
            if (stop === null) return
            self.disconnect()
            stop.click()
            done()
          }).observe(document.body, { subtree: true, childList: true })
          button('Start')?.click()
        })
    )
    expect(await panel.stopButton('gpt-oss-120b').getAttribute('aria-disabled')).toBe('false')
    expect(await panel.stopButton('gpt-oss-120b').innerText()).toBe('Stop')
  })

  it('the keyboard goes on from Start to Stop', async () => {
    await show('calm')
    await panel.go('Models')
    await panel.startButton('gpt-oss-120b').focus()
    await page.keyboard.press('Enter')
    await panel.stopButton('gpt-oss-120b').waitFor()
    expect(await focused()).toBe('Stop gpt-oss-120b')
  })

  it('an open log lets nothing beneath it have the focus, and gives it back', async () => {
    await show('calm')
    await panel.go('Models')
    const opener = page.getByRole('button', { name: 'Log of qwen3-32b' })
    await opener.click()
    await page.getByRole('button', { name: 'Close' }).waitFor()
    const seen = new Set<boolean>()
    for (let at = 0; at < 12; at += 1) {
      await page.keyboard.press('Tab')
      seen.add(
        await page.evaluate(
          () => document.activeElement?.closest('main, nav') !== null && document.activeElement !== null
        )
      )
    }
    expect([...seen]).toEqual([false])
    await page.keyboard.press('Escape')
    expect(await focused()).toBe('Log of qwen3-32b')
  })

  it('a change of page begins at its heading, and an alert is not told again', async () => {
    await show('failed')
    const marked = await page.evaluate(() => {
      const [first] = document.querySelectorAll<HTMLElement>('.banners .message')
      if (first !== undefined) first.dataset['marked'] = 'yes'
      return first !== undefined
    })
    expect(marked).toBe(true)
    await page.keyboard.press('Control+2')
    await until('the heading to have the focus', async () => (await focused()) === 'H1')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Models')
    expect(await page.locator('[data-marked]').count()).toBe(1)
  })

  it('after a profile is deleted the next one has the focus, after a change of mind the same', async () => {
    await show('calm')
    await panel.go('Models')
    const remove = page.getByRole('button', { name: 'Delete gpt-oss-120b' })
    await remove.click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect(await focused()).toBe('Delete gpt-oss-120b')
    await remove.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete gpt-oss-120b' }).click()
    await remove.waitFor({ state: 'detached' })
    await until('a neighbour to have the focus', async () => (await focused()).startsWith('Edit '))
  })

  it('a start that is refused leaves no profile, however often it is tried, and says what to do', async () => {
    await show('calm')
    await panel.go('Models')
    const rows = page.getByRole('button', { name: /^Edit / })
    const before = await rows.count()
    await panel.newOf('llama.cpp')
    await page.getByLabel('Model file').fill('/nowhere/at-all.gguf')
    for (let at = 0; at < 3; at += 1) {
      await panel.startButton('at-all').click()
      await page.getByRole('alert').getByText('There is no file').waitFor()
      await until('the form to be ready again', async () => await panel.startButton('at-all').isEnabled())
    }
    expect(await rows.count()).toBe(before)
    await page.getByText('or add its folder in Settings').waitFor()
  })

  it.each(Object.keys(ALL_SCENARIOS))(
    'in a small window %s scrolls sideways on no page',
    async (scenario) => {
      await show(scenario, SMALL)
      for (const name of ['Overview', 'Models', 'Guard', 'Settings'] as const) {
        await panel.go(name)
        await page.getByRole('heading', { level: 1 }).waitFor()
        const overflow = await page.evaluate(() =>
          [document.documentElement, document.querySelector('main')].map(
            (one) => (one?.scrollWidth ?? 0) - (one?.clientWidth ?? 0)
          )
        )
        expect(overflow, name).toEqual([0, 0])
      }
    }
  )
})
