import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { until } from '../support/until.ts'
import { GuardPanel } from './pages/guard.ts'
import type { Panel } from './pages/panel.ts'
import { Sent } from './pages/sent.ts'
import { SMALL, useMadeUpPanel } from './support/made-up-panel.ts'

const GIB = 2 ** 30
const NAME = 'gpt-oss-120b'
const PAGES = ['Overview', 'Models', 'Guard', 'Settings'] as const

/** The built panel on a made-up core: what the guard asks, and the page it is set on. */
describe('the guard in the panel', () => {
  const madeUp = useMadeUpPanel()
  let page: Page
  let panel: Panel
  let guard: GuardPanel
  let sent: Sent

  const show = async (scenario: string, viewport?: typeof SMALL): Promise<void> => {
    panel = await madeUp.show(scenario, viewport)
    page = panel.page
    guard = new GuardPanel(page)
    sent = new Sent(page)
    await page.reload()
    await page.getByRole('status').waitFor()
  }
  const showGuard = async (scenario: string, viewport?: typeof SMALL): Promise<void> => {
    await show(scenario, viewport)
    await panel.go('Guard')
    await page.getByRole('heading', { level: 1, name: 'Guard' }).waitFor()
  }
  const focused = async (): Promise<string> =>
    await page.evaluate(() => document.activeElement?.textContent ?? '')

  describe('while it asks', () => {
    it('says what happens and when, counts down by itself, and takes no focus', async () => {
      await show('ask-warn')
      await guard.ask.getByText(`${NAME} grew 9.0 GiB in 4 s.`).waitFor()
      expect(await guard.countdown.innerText()).toMatch(/^Firebreak will pause it in \d+.s\.$/)
      await panel.changes(guard.countdown)
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
      expect(await guard.answer('Keep paused').count()).toBe(0)
    })

    it('is above every page and the log, and is reached by keyboard', async () => {
      await show('ask-warn')
      for (const name of PAGES) {
        await panel.go(name)
        await guard.ask.waitFor()
        const box = await guard.ask.boundingBox()
        expect(box?.y, name).toBe(0)
      }
      await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).focus()
      await page.keyboard.press('Tab')
      expect(await focused()).toBe(`Stop ${NAME}`)
      await panel.go('Models')
      await page.getByRole('button', { name: `Log of ${NAME}` }).click()
      await page.getByRole('complementary', { name: `Log of ${NAME}` }).waitFor()
      // A real click: it would fail if anything lay over the button.
      await guard.answer('Let it go on').click()
      await guard.ask.waitFor({ state: 'detached' })
    })

    it('Stop tells the core whom, then what came back, and one click starts it again', async () => {
      await show('ask-warn')
      await guard.answer(`Stop ${NAME}`).click()
      await guard.ask.waitFor({ state: 'detached' })
      expect(sent.of('guard.answer')).toEqual([{ watchId: 'main', victimId: NAME, choice: 'stop' }])
      const news = guard.news(`Stopped ${NAME}`)
      await news.getByText('61.0 GiB came back in 2.3 s').waitFor()
      await news.getByRole('button', { name: `Start ${NAME} again` }).click()
      await news.waitFor({ state: 'detached' })
      expect(sent.of('runners.start')).toEqual([{ target: NAME }])
    })

    it('a paused model says so on its card until it goes on', async () => {
      await show('frozen')
      const card = panel.card(NAME)
      await card.getByText('Paused', { exact: true }).waitFor()
      await page.getByText('Acting', { exact: true }).waitFor()
      await guard.answer('Let it go on').click()
      await card.getByText('Ready', { exact: true }).waitFor()
      expect(sent.of('guard.answer')).toEqual([{ watchId: 'main', victimId: NAME, choice: 'continue' }])
    })

    it('a model that was paused once and runs again is not called paused', async () => {
      await show('paused-once')
      await panel.card('qwen3-32b').getByText('Ready', { exact: true }).waitFor()
      await panel.go('Models')
      expect(await page.locator('.state-word.paused').count()).toBe(0)
    })

    it('Keep paused ends the countdown and leaves the other answers', async () => {
      await show('frozen')
      await guard.answer('Keep paused').click()
      await guard.ask
        .getByText('It stays paused until you answer, unless memory falls below the floor.')
        .waitFor()
      expect(await guard.answer('Keep paused').count()).toBe(0)
      expect(await guard.answer(`Stop ${NAME}`).getAttribute('aria-disabled')).toBe('false')
      expect(await panel.card(NAME).getByText('Paused', { exact: true }).count()).toBe(1)
      expect(sent.of('guard.answer')).toEqual([{ watchId: 'main', victimId: NAME, choice: 'keep-frozen' }])
    })

    it('a hostile, endless name neither turns the sentence round nor pushes an answer away', async () => {
      await show('long-ask', SMALL)
      await guard.ask.waitFor()
      expect(await guard.ask.innerText()).not.toMatch(/[\u202a-\u202e]/)
      expect((await guard.ask.boundingBox())?.height).toBeLessThan(SMALL.height / 3)
      for (const button of await guard.ask.getByRole('button').all()) {
        const box = await button.boundingBox()
        expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(SMALL.width)
      }
      expect(await page.locator('img').count()).toBe(0)
      const notice = guard.news('takes no more').first()
      expect(await notice.innerText()).not.toMatch(/[\u202a-\u202e]/)
      await guard.answer('Let it go on').click()
      await guard.ask.waitFor({ state: 'detached' })
    })
  })

  describe('its page', () => {
    it('a mode is chosen with its sentence, by keyboard too', async () => {
      await showGuard('calm')
      expect(await guard.mode('Balanced').isChecked()).toBe(true)
      await page.getByText('Never asks. Stops a model early').waitFor()
      await guard.mode('Balanced').focus()
      await page.keyboard.press('ArrowRight')
      await until('Strict to be chosen', async () => await guard.mode('Strict').isChecked())
      expect(sent.of('settings.set')).toEqual([
        { guard: { mode: 'strict' }, reserveBytes: null, floorBytes: null }
      ])
    })

    it('the reserve moves by keyboard, is saved on release and makes the mode Custom; automatic takes it back', async () => {
      await showGuard('calm')
      const before = Number(await guard.handle('Reserve').getAttribute('aria-valuenow'))
      await guard.handle('Reserve').focus()
      await page.keyboard.down('ArrowUp')
      await until('the number to follow', async () => (await guard.size('Reserve').inputValue()) === '6.13')
      expect(sent.of('settings.set')).toEqual([])
      await page.keyboard.up('ArrowUp')
      await until('Custom to be chosen', async () => await guard.mode('Custom').isChecked())
      expect(sent.of('settings.set')).toEqual([{ reserveBytes: 6.125 * GIB, guard: { mode: 'custom' } }])
      await page.getByRole('button', { name: /^Reserve: automatic/ }).click()
      await until('Balanced again', async () => await guard.mode('Balanced').isChecked())
      expect(Number(await guard.handle('Reserve').getAttribute('aria-valuenow'))).toBe(before)
    })

    it('the floor never passes the reserve, by key, by pointer or as a number', async () => {
      await showGuard('calm')
      const reserve = Number(await guard.handle('Reserve').getAttribute('aria-valuenow'))
      const floor = async (): Promise<number> =>
        Number(await guard.handle('Floor').getAttribute('aria-valuenow'))
      await guard.handle('Floor').focus()
      await page.keyboard.press('End')
      await until('the floor at the reserve', async () => (await floor()) === reserve)
      await page.keyboard.press('Home')
      await until('the floor at nothing', async () => (await floor()) === 0)
      const box = await guard.handle('Floor').boundingBox()
      if (box === null) throw new Error('no handle')
      await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4)
      await page.mouse.down()
      await page.mouse.move(box.x - 400, box.y, { steps: 4 })
      expect(await floor()).toBe(reserve)
      await page.mouse.up()
      await until('the drag to be saved', async () => sent.of('settings.set').length === 3)
      await guard.size('Floor').fill('99')
      await guard.size('Floor').press('Enter')
      await page.getByText('Half of this machine’s memory at most: 59 GiB.').waitFor()
      await guard.size('Floor').fill('20')
      await guard.size('Floor').press('Enter')
      await page.getByText(/The floor cannot be above the reserve/).waitFor()
      expect(sent.of('settings.set')).toHaveLength(3)
    })

    it('says what it would do, whom it leaves alone and why, and may be allowed more', async () => {
      await showGuard('checkout')
      const would = guard.card('What it would do now')
      await would.getByText('If memory ran out now: stop qwen3-32b, 42.8 GiB back').waitFor()
      const code = would.getByRole('row').filter({ hasText: 'code' })
      expect(await code.innerText()).toContain('Not started by Firebreak')
      expect(await would.getByRole('row').filter({ hasText: 'firefox' }).innerText()).toContain(
        'never stopped'
      )
      await would.getByRole('switch').click()
      await until('code to be in the order', async () => (await code.innerText()).includes('holds 2.3'))
      expect(sent.of('settings.set')).toEqual([{ guard: { mayStopForeign: true } }])
    })

    it('says how important each model is, and leads to where that is set', async () => {
      await showGuard('checkout')
      await page.getByRole('button', { name: 'Importance of qwen3-32b: high. Change it' }).click()
      await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor()
      expect(await page.getByLabel('Importance').inputValue()).toBe('high')
    })

    it('a name of one’s own is added and removed; one that is there is refused', async () => {
      await showGuard('calm')
      const input = page.getByLabel('Name of a program that is never stopped')
      await input.fill('blender')
      await input.press('Enter')
      await page.getByRole('button', { name: 'Remove blender' }).waitFor()
      await input.fill('sshd*')
      await input.press('Enter')
      await page.getByText('sshd* is on the list already.').waitFor()
      await input.fill('*')
      await input.press('Enter')
      await page.getByText('A star alone would mean every program.').waitFor()
      await page.getByRole('button', { name: 'Remove blender' }).click()
      await page.getByRole('button', { name: 'Remove blender' }).waitFor({ state: 'detached' })
      expect(sent.of('settings.set')).toEqual([
        { guard: { protectedNames: ['blender'] } },
        { guard: { protectedNames: [] } }
      ])
    })

    it('says in words what the watcher lacks, whom it cannot reach, and what gets in its way', async () => {
      await showGuard('checkout')
      await page.getByText('It could not stop vllm (container): it runs as another user.').waitFor()
      await page.getByText('May stop only your own programs').waitFor()
      await page.getByRole('button', { name: 'Copy sudo systemctl disable --now earlyoom' }).waitFor()
    })

    it('says on every page that nobody guards', async () => {
      await show('sentinel-gone')
      for (const name of PAGES) {
        await panel.go(name)
        await guard.news('ended and is being started again').waitFor()
      }
    })

    it('protection shows its command before it is run, is installed, and can be taken back', async () => {
      await showGuard('calm')
      const card = guard.card('Desktop protection')
      await card
        .getByText('pkexec /usr/lib/firebreak/firebreak-helper install-protection --uid 1000')
        .waitFor()
      await card.getByRole('button', { name: 'Install protection…' }).click()
      await card.getByText('Installed', { exact: true }).waitFor()
      await card
        .getByText('pkexec /usr/lib/firebreak/firebreak-helper remove-protection --uid 1000')
        .waitFor()
      expect(sent.of('protection.set')).toEqual([{ install: true }])
    })

    it('says so where the administrator’s dialog was closed', async () => {
      await showGuard('checkout')
      const card = guard.card('Desktop protection')
      await card.getByRole('button', { name: 'Install protection…' }).click()
      await card.getByText('Nothing was changed.').waitFor()
      await card.getByText('Not installed', { exact: true }).waitFor()
    })

    it('the drill is one click, shows its stages, and ends in a dated report with its times', async () => {
      await showGuard('calm')
      const card = guard.card('Fire drill')
      await card.getByRole('button', { name: 'Start a fire drill' }).click()
      await card.getByRole('list', { name: 'How far the drill is' }).waitFor()
      await card.getByText('Stopped: not yet').waitFor()
      const report = card.getByRole('article')
      await report.getByText('Passed').waitFor()
      await report.getByRole('term').filter({ hasText: 'Memory back' }).waitFor()
      expect(await report.innerText()).toMatch(/after 4\.0.s/)
      expect(await report.innerText()).toContain('today,')
      expect(sent.of('guard.drill')).toHaveLength(1)
      await card.getByRole('button', { name: 'Drill again' }).waitFor()
    })

    it('a drill that failed says so, and earlier ones are kept', async () => {
      await showGuard('drill-failed')
      const card = guard.card('Fire drill')
      await card.getByText('The guard did not pause within 60.0 s').waitFor()
      await card.getByText('did not happen').first().waitFor()
      await card.getByRole('button', { name: /^Passed/ }).click()
      expect(await card.getByRole('article').count()).toBe(2)
    })

    it('Why opens the incident with its graph and steps, and the way back keeps the place', async () => {
      await show('acted')
      const news = guard.news(`Stopped ${NAME}`)
      expect(await page.locator('.banners .message').count()).toBe(1)
      await news.getByRole('button', { name: 'Why' }).click()
      const heading = page.getByRole('heading', { level: 1, name: `Stopped ${NAME}` })
      await heading.waitFor()
      await until('the heading to have the focus', async () => (await focused()) === `Stopped ${NAME}`)
      await page.getByText(`Paused ${NAME} · Falling memory is about to pass the floor`).waitFor()
      await page.getByText(/^Lowest available: 2\.4/).waitFor()
      await page.getByRole('button', { name: `Start ${NAME} again` }).waitFor()
      await page.getByRole('button', { name: 'Guard', exact: true }).last().click()
      const row = page.getByRole('button', { name: new RegExp(`^Stopped ${NAME}`) })
      await until(
        'the row to have the focus',
        async () => await row.evaluate((one) => one === document.activeElement)
      )
      // Put away once, and not told again by the core's notice of the same act.
      expect(await news.count()).toBe(0)
      await row.click()
      await heading.waitFor()
      expect(sent.of('incidents.get')).toHaveLength(2)
    })
  })

  describe('right after an act', () => {
    it('Start again waits while launches are held, and says so', async () => {
      await show('acted-held')
      const news = guard.news(`Stopped ${NAME}`)
      await news.getByText('New models wait until memory is back.').waitFor()
      const again = news.getByRole('button', { name: `Start ${NAME} again` })
      expect(await again.getAttribute('aria-disabled')).toBe('true')
      await again.click({ force: true })
      expect(sent.of('runners.start')).toEqual([])
      await news.getByText(/^today, /).waitFor()
    })

    it('a refused start says why beside its button, in the news and in the incident', async () => {
      await show('acted-refusing')
      const news = guard.news(`Stopped ${NAME}`)
      await news.getByRole('button', { name: `Start ${NAME} again` }).click()
      await news.getByText('Nothing new is started now').waitFor()
      await news.getByRole('button', { name: 'Why' }).click()
      const head = page.locator('.page-head')
      await head.getByRole('button', { name: `Start ${NAME} again` }).click()
      await head.getByText('Nothing new is started now').waitFor()
      expect(sent.of('runners.start')).toHaveLength(2)
    })

    it('many notices leave the page its place', async () => {
      await show('many-notices')
      const shown = page.locator('.banners .message')
      await page.getByRole('button', { name: '4 more' }).waitFor()
      expect(await shown.count()).toBe(3)
      expect(await shown.first().innerText()).toContain('Notice 0.')
      await page.getByRole('button', { name: '4 more' }).click()
      expect(await shown.count()).toBe(7)
    })
  })

  it('Settings take the time to answer and whom the guard may stop', async () => {
    await show('calm')
    await panel.go('Settings')
    const answer = page.getByLabel('Wait for an answer')
    await answer.fill('2')
    await answer.press('Enter')
    await page.getByText('Write a whole number: 3 to 600 seconds.').waitFor()
    await answer.fill('40')
    await answer.press('Enter')
    await page.getByRole('switch', { name: 'May stop programs it did not start' }).click()
    await until('both to be sent', async () => sent.of('settings.set').length === 2)
    expect(sent.of('settings.set')).toEqual([{ guard: { answerS: 40 } }, { guard: { mayStopForeign: true } }])
  })

  it('a model’s form says how important it is, and that it is never stopped', async () => {
    await show('calm')
    await panel.go('Models')
    await page.getByRole('button', { name: 'Edit qwen3-32b' }).click()
    await page.getByLabel('Importance').selectOption('high')
    await page.getByLabel('Own floor').fill('1.5')
    await page.getByLabel('Never stop this one').check()
    await page.getByRole('button', { name: 'Save profile' }).click()
    await until('it to be saved', async () => sent.of('profiles.save').length === 1)
    expect(sent.of('profiles.save')[0]).toMatchObject({
      id: 'qwen3-32b',
      importance: 'high',
      pinned: true,
      floorBytes: 1.5 * GIB
    })
  })

  it('where the guard only observes, acting is said to be up to the reader', async () => {
    await show('observe')
    await page.getByText('Act now', { exact: true }).waitFor()
    expect(await guard.ask.count()).toBe(0)
  })
})
