import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeHome, type Home } from '../../support/headless-core.ts'
import { COMMAND_NAMES } from '../../../src/shared/contract/channels.ts'
import { CONTENT_SECURITY_POLICY } from '../../../src/shared/contract/content-security-policy.ts'
import { MAX_REQUEST_BYTES } from '../../../src/shared/contract/wire.ts'
import { Panel } from '../pages/panel.ts'
import { launchApp, type AppUnderTest } from '../support/app.ts'

// One test per line of src/main/electron/security.ts, as far as a page can try it.
describe('the window is only a view', () => {
  let home: Home
  let app: AppUnderTest
  let panel: Panel

  beforeAll(async () => {
    home = makeHome()
    app = await launchApp({ env: home.env })
    panel = new Panel(await app.page())
    await panel.page
      .getByText(/free for models/)
      .first()
      .waitFor()
  })
  afterEach((context) => {
    if (context.task.result?.state === 'fail') console.error(app?.output())
  })
  afterAll(async () => {
    await app?.close()
    home?.remove()
  })

  it('gives the page request and onEvent, and nothing of Node', async () => {
    const seen = await panel.page.evaluate(() => ({
      bridge: Object.keys(globalThis.firebreak).toSorted(),
      frozen: Object.isFrozen(globalThis.firebreak),
      node: ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis
      )
    }))
    expect(seen).toEqual({ bridge: ['onEvent', 'request'], frozen: true, node: [] })
  })

  it('lets only the contract’s commands through the bridge', async () => {
    const error = await panel.page.evaluate(() =>
      globalThis.firebreak.request('fs.readFile', {}).then(
        () => 'answered',
        (reason: Error) => reason.message
      )
    )
    expect(error).toContain('unknown command')
  })

  it('answers garbage with a typed error, whatever the command', async () => {
    for (const command of COMMAND_NAMES) {
      const reply = await panel.raw(command, { nonsense: [1, null, { deep: 'x' }] })
      expect(reply, command).toMatchObject({ ok: false, error: { code: 'bad-request' } })
    }
    for (const input of [null, 7, 'text', [], undefined]) {
      expect(await panel.raw('runners.start', input)).toMatchObject({
        ok: false,
        error: { code: 'bad-request' }
      })
    }
    expect((await panel.call('app.hello', {})).name).toBe('firebreak')
  })

  it('refuses a message that is too large', async () => {
    const reply = await panel.raw('runners.start', { target: 'x'.repeat(MAX_REQUEST_BYTES) })
    expect(reply).toMatchObject({ ok: false, error: { code: 'payload-too-large' } })
  })

  it('sends its policy as a header, and the page has no inline script or style', async () => {
    const { status, policy, html } = await panel.page.evaluate(async () => {
      const response = await fetch(location.href)
      return {
        status: response.status,
        policy: response.headers.get('content-security-policy'),
        html: await response.text()
      }
    })
    expect([status, policy]).toEqual([200, CONTENT_SECURITY_POLICY])
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/)
  })

  it('runs no injected script, inline handler or eval', async () => {
    const ran = await panel.page.evaluate(async () => {
      const marks: string[] = []
      ;(globalThis as unknown as { mark: (name: string) => void }).mark = (name) => marks.push(name)
      const attempts: Record<string, () => void> = {
        script: () => {
          const script = document.createElement('script')
          script.textContent = 'mark("script")'
          document.body.append(script)
        },
        html: () => {
          const div = document.createElement('div')
          div.innerHTML = '<img src="x" onerror="mark(\'html\')">'
          document.body.append(div)
        },
        eval: () => {
          Reflect.construct(Function, ['mark("eval")'])()
        },
        data: () => {
          const script = document.createElement('script')
          script.src = 'data:text/javascript,mark("data")'
          document.body.append(script)
        }
      }
      // In a task of the page's own: what a debugger evaluates may use eval whatever the policy says.
      await new Promise<void>((done) => {
        setTimeout(() => {
          for (const attempt of Object.values(attempts)) {
            try {
              attempt()
            } catch {
              // Trusted Types throw, which is as good.
            }
          }
          done()
        }, 0)
      })
      // What was let through would have run by the second frame from here: nothing of it is fetched.
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
      return marks
    })
    expect(ran).toEqual([])
  })

  it('reaches no network, not even this machine’s', async () => {
    const reached = await panel.page.evaluate(async () => {
      const urls = [
        'https://example.invalid/',
        'http://127.0.0.1:1/',
        'http://localhost:9222/json',
        'file:///etc/passwd'
      ]
      const answers = await Promise.allSettled(urls.map((url) => fetch(url, { mode: 'no-cors' })))
      return urls.filter((_url, i) => answers[i]?.status === 'fulfilled')
    })
    expect(reached).toEqual([])
  })

  it('blocks every request behind the policy too, whoever makes it', async () => {
    for (const url of ['https://example.invalid/', 'http://127.0.0.1:1/', 'http://localhost:1/']) {
      expect(await app.blocks(url), url).toBe(true)
    }
    expect(await app.blocks('app://firebreak/index.html')).toBe(false)
  })

  it('answers the top frame of its own window only', async () => {
    const own = { url: 'app://firebreak/index.html', isTop: true, ofOurWindow: true }
    expect(await app.askFrom(own)).toMatchObject({ ok: true })
    for (const other of [
      { ...own, isTop: false },
      { ...own, ofOurWindow: false },
      { ...own, url: 'https://example.invalid/' }
    ]) {
      expect(await app.askFrom(other)).toMatchObject({ ok: false, id: 1, error: { code: 'unauthorized' } })
    }
  })

  it.each([
    ['another site', 'https://example.invalid/'],
    ['a local service', 'http://127.0.0.1:1/'],
    ['another file of the app', 'app-own']
  ])('does not navigate to %s', async (_name, url) => {
    const before = panel.page.url()
    await panel.page.evaluate((to) => {
      location.href = to === 'app-own' ? new URL('/assets/', location.href).href : to
    }, url)
    await panel.page.getByRole('navigation').getByRole('button', { name: 'Overview' }).click()
    expect(panel.page.url()).toBe(before)
    expect((await panel.call('app.hello', {})).name).toBe('firebreak')
  })

  it('opens no second window, and nothing in the browser that is no running model', async () => {
    await panel.page.evaluate(() => {
      window.open('http://127.0.0.1:1/not-a-model')
      window.open('http://example.invalid/plain')
      window.open('https://example.invalid/docs')
    })
    // Answered after the three were asked for: what was to be opened has been by now.
    await panel.call('app.hello', {})
    const { opened, windows } = await app.state()
    expect(opened).toEqual([])
    expect(windows).toHaveLength(1)
  })

  it('lets the page write to the clipboard, which Copy needs', async () => {
    expect(await app.grants('clipboard-sanitized-write')).toMatchObject({ request: true, check: true })
  })

  it.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'usb'])(
    'grants no %s',
    async (permission) => {
      expect(await app.grants(permission)).toEqual({ request: false, check: false, device: false })
    }
  )

  it('serves nothing outside the renderer’s folder', async () => {
    const statuses = await panel.page.evaluate(async () => {
      const paths = [
        '/..%2fmain/index.js',
        '/%2e%2e%2f%2e%2e%2fpackage.json',
        '/assets/..%2f..%2fpreload%2findex.cjs'
      ]
      return await Promise.all(paths.map(async (path) => (await fetch(path)).status))
    })
    expect(statuses).toEqual([404, 404, 404])
  })
})
