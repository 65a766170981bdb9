import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeHome, type Home } from '../../support/headless-core.ts'
import { until } from '../../support/until.ts'
import { Panel } from '../pages/panel.ts'
import { launchApp, type AppUnderTest } from '../support/app.ts'

/** A desktop whose session bus says whether it shows trays: gdbus is how Firebreak asks. */
async function desktopWithTray(home: Home, shown: boolean): Promise<NodeJS.ProcessEnv> {
  const folder = join(home.dir, 'bin')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'gdbus'), `#!/bin/sh\necho '(${shown},)'\n`)
  await chmod(join(folder, 'gdbus'), 0o755)
  return { ...home.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
}

describe('window and tray', () => {
  let home: Home
  let app: AppUnderTest | null = null

  beforeEach(() => {
    home = makeHome()
  })
  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') console.error(app?.output())
    await app?.close()
    app = null
    home.remove()
  })
  const launch = async (tray: boolean, args: readonly string[] = []): Promise<AppUnderTest> => {
    app = await launchApp({ env: await desktopWithTray(home, tray), args })
    return app
  }

  it('destroys the window when it is closed, and opens a new one from the tray', async () => {
    const running = await launch(true)
    const panel = new Panel(await running.page())
    const { pid } = await panel.call('app.hello', {})
    await running.act('closeWindow')
    await until('the window to be gone', async () => (await running.state()).windows.length === 0)
    await until('its page to be gone', () => panel.page.isClosed())
    const { tray } = await running.state()
    expect(tray[0]).toMatchObject({ enabled: false })
    expect(tray[0]?.label).toMatch(/free for models/)

    await running.clickTray('Open Firebreak')
    const again = new Panel(await running.page())
    expect((await again.call('app.hello', {})).pid).toBe(pid)
    await again.page
      .getByText(/free for models/)
      .first()
      .waitFor()
  })

  it('quits when the last window is closed where no tray could bring it back', async () => {
    const running = await launch(false)
    await running.page()
    await running.act('closeWindow')
    expect(await running.ended()).toBe(0)
  })

  it('starts without a window with --hidden, and a second start opens it', async () => {
    const running = await launch(true, ['--hidden'])
    await until('the tray', async () => (await running.state()).tray.length > 0)
    expect((await running.state()).windows).toEqual([])
    await running.act('secondInstance')
    const panel = new Panel(await running.page())
    expect((await panel.call('app.hello', {})).host).toBe('electron')
    await running.act('secondInstance')
    expect((await running.state()).windows).toHaveLength(1)
  })

  it('sends no readings to a hidden window, and goes on when it is shown', async () => {
    const running = await launch(true)
    const panel = new Panel(await running.page())
    await panel.page.evaluate(() => {
      const heard: number[] = []
      Object.assign(globalThis, { heard })
      globalThis.firebreak.onEvent((message) => {
        const { event, payload } = message as { event: string; payload: { sequence: number } }
        if (event === 'live') heard.push(payload.sequence)
      })
    })
    const heard = (): Promise<number[]> =>
      panel.page.evaluate(() => Reflect.get(globalThis, 'heard') as number[])
    const sequence = async (): Promise<number> => (await panel.call('status.get', {})).sequence
    await until('readings', async () => (await heard()).length > 0)

    await running.act('hideWindow')
    const hiddenAt = await sequence()
    await until('the core to go on without the window', async () => (await sequence()) >= hiddenAt + 3)
    expect((await heard()).filter((seen) => seen > hiddenAt)).toEqual([])

    await running.act('showWindow')
    await until('readings again', async () => (await heard()).some((seen) => seen > hiddenAt))
  })

  it('goes on after a reload of the page, with one subscription', async () => {
    const running = await launch(true)
    await running.page()
    await running.act('reloadWindow')
    const panel = new Panel(await running.page())
    await panel.page
      .getByText(/free for models/)
      .first()
      .waitFor()
    await panel.changes(panel.figure('CPU'))
    const sequences = await panel.page.evaluate(
      () =>
        new Promise<number[]>((done) => {
          const seen: number[] = []
          const stop = globalThis.firebreak.onEvent((message) => {
            const { event, payload } = message as { event: string; payload: { sequence: number } }
            if (event === 'live') seen.push(payload.sequence)
            if (seen.length < 3) return
            stop()
            done(seen)
          })
        })
    )
    expect(new Set(sequences).size).toBe(sequences.length)
  })

  it('quits from the tray, with an exit code of success', async () => {
    const running = await launch(true)
    await running.page()
    await running.clickTray('Quit Firebreak (models keep running)')
    expect(await running.ended()).toBe(0)
  })
})
