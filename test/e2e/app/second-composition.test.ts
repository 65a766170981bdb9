import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../../support/headless-core.ts'
import { until } from '../../support/until.ts'
import { Panel } from '../pages/panel.ts'
import { launchApp, type AppUnderTest } from '../support/app.ts'

describe('a window onto a core that runs already', () => {
  let home: Home
  let core: HeadlessCore | null = null
  let app: AppUnderTest | null = null

  beforeEach(async () => {
    home = makeHome()
    core = await startHeadless(home)
    app = await launchApp({ env: home.env })
  })
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') console.error(app?.output(), core?.stderr())
    await app?.close()
    await core?.end()
    home.remove()
  })

  it('shows that core, live, and leaves it running when it quits', async () => {
    const panel = new Panel((await app?.page()) as never)
    expect(await panel.call('app.hello', {})).toMatchObject({ host: 'headless', pid: core?.pid })
    await panel.page
      .getByText(/free for models/)
      .first()
      .waitFor()
    await until('the tray to follow', async () =>
      /free for models/.test((await app?.state())?.tray[0]?.label ?? '')
    )
    await app?.act('quit')
    expect(await app?.ended()).toBe(0)
    expect(await core?.client.call('app.hello', {})).toMatchObject({ ok: true })
  })

  it('says so when that core ends, and follows the next one', async () => {
    await app?.page()
    await until('the tray to follow', async () =>
      /free for models/.test((await app?.state())?.tray[0]?.label ?? '')
    )
    await core?.end()
    core = null
    await until('the tray to say so', async () =>
      /No readings/.test((await app?.state())?.tray[0]?.label ?? '')
    )
    expect((await app?.state())?.trayIcon).toMatch(/unknown\.png$/)
    core = await startHeadless(home)
    await until('the tray to follow', async () =>
      /free for models/.test((await app?.state())?.tray[0]?.label ?? '')
    )
  })
})
