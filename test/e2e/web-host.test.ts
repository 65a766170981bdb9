import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { chromiumArgs, chromiumPath } from '../double/chromium-path.mjs'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { LARGE, makeGguf } from '../support/make-gguf.ts'
import { isAlive, until } from '../support/until.ts'
import { Panel } from './pages/panel.ts'

const CTL = resolve(import.meta.dirname, '../../out/main/cli.js')
const NAME = 'Web model'
const READY_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 45_000

const server = await llamaServerOrSkip()

/** Without mapping the file its weights are the process's own memory, which must come back. */
function unmappedArgs(): string {
  const binary = 'path' in server ? server.path : ''
  const { stdout } = spawnSync(binary, ['--help'], { encoding: 'utf8' })
  return stdout.includes('--load-mode') ? '--load-mode\nnone' : '--no-mmap' // the older spelling
}

describe('the panel in a browser, from the headless host', () => {
  let home: Home
  let core: HeadlessCore
  let browser: Browser
  let page: Page
  let panel: Panel
  let url = ''
  let pids: readonly number[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    home = makeHome({ llamacpp: { binary: 'path' in server ? server.path : '' } })
    core = await startHeadless(home, ['--port', '0', '--no-open'])
    url = await until('the URL', () => /http:\/\/127\.0\.0\.1:\S+/.exec(core.stdout())?.[0])
    browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(url)
    panel = new Panel(page)
  })
  afterEach((context) => {
    if (context.task.result?.state === 'fail') console.error(core?.stderr(), complaints)
  })
  afterAll(async () => {
    await browser?.close()
    await core?.end()
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    home?.remove()
  })

  it('shows this machine live over its own WebSocket, and takes the token out of the address', async () => {
    await panel.go('Overview')
    await page
      .getByText(/free for models/)
      .first()
      .waitFor()
    await panel.changes(panel.figure('CPU'))
    expect(page.url()).not.toContain('token')
  })

  it('lives after a reload without the token in the address', async () => {
    await page.reload()
    await page
      .getByText(/free for models/)
      .first()
      .waitFor()
  })

  it('shows nothing to who has no token', async () => {
    const stranger = await browser.newContext()
    const other = await stranger.newPage()
    const answer = await other.goto(url.replace(/#.*/, ''))
    expect(answer?.status()).toBe(200)
    const refused = await other.evaluate(
      () =>
        new Promise((settle) => {
          const socket = new WebSocket(`ws://${location.host}/ws`, ['firebreak.v1'])
          socket.addEventListener('open', () => settle('open'))
          socket.addEventListener('close', () => settle('closed'))
        })
    )
    expect(refused).toBe('closed')
    expect(await other.getByText(/free for models/).count()).toBe(0)
    await stranger.close()
  })

  it('answers a page of another origin nothing', async () => {
    const stranger = await browser.newContext()
    const other = await stranger.newPage()
    await other.route('http://evil.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' })
    )
    await other.goto('http://evil.example/')
    const token = new URL(url).hash.slice('#token='.length)
    const { host } = new URL(url)
    const seen = await other.evaluate(
      async ([target, secret]) => ({
        page: await fetch(`http://${target}/`).then(
          () => 'read',
          () => 'refused'
        ),
        socket: await new Promise((settle) => {
          const socket = new WebSocket(`ws://${target}/ws`, ['firebreak.v1', `token.${secret}`])
          socket.addEventListener('open', () => settle('open'))
          socket.addEventListener('close', () => settle('refused'))
        })
      }),
      [host, token] as const
    )
    expect(seen).toEqual({ page: 'refused', socket: 'refused' })
    await stranger.close()
  })

  it('serve and the other commands find the same core', () => {
    const run = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [CTL, ...args], { env: home.env, encoding: 'utf8' })
    const served = run('serve', '--no-open', '--json')
    expect(served.status).toBe(0)
    expect(JSON.parse(String(served.stdout))).toMatchObject({ url })
    const status = JSON.parse(String(run('status', '--json').stdout)) as {
      memTotalBytes: number
      ledger: { bytes: number }[]
    }
    expect(status.ledger.reduce((sum, part) => sum + part.bytes, 0)).toBe(status.memTotalBytes)
  })

  describe('the main job', () => {
    beforeEach(needsLlamaServer(server))
    it('starts a model', async () => {
      const path = makeGguf(join(home.dir, 'web.gguf'), LARGE)
      await panel.startByPath({ path, name: NAME, extraArgs: unmappedArgs() })
      await panel.go('Overview')
      await panel.card(NAME).getByText('Ready', { exact: true }).waitFor({ timeout: READY_DEADLINE_MS })
      const list = await core.client.call('runners.list', {})
      const [runner] = list.ok ? list.value : []
      pids = runner?.pids ?? []
      const answer = await fetch(`${runner?.url}/completion`, {
        method: 'POST',
        headers: { connection: 'close' },
        body: JSON.stringify({ prompt: 'once', n_predict: 4, seed: 1 })
      })
      expect(await answer.json()).toMatchObject({ tokens_predicted: 4 })
    })

    it('stops it and says that the memory is back', async () => {
      await panel
        .card(NAME)
        .getByRole('button', { name: `Stop ${NAME}` })
        .click()
      await page.getByText(/came back in/).waitFor({ timeout: STOP_DEADLINE_MS })
      expect(pids.length).toBeGreaterThan(0)
      expect(pids.filter(isAlive)).toEqual([])
    })

    it('does the same from the command line', async () => {
      const list = await core.client.call('runners.list', {})
      const id = list.ok ? (list.value[0]?.id ?? '') : ''
      const run = (...args: string[]): { status: number | null; json: Record<string, unknown> } => {
        const ran = spawnSync(process.execPath, [CTL, ...args, '--json'], { env: home.env, encoding: 'utf8' })
        return { status: ran.status, json: JSON.parse(ran.stdout) as Record<string, unknown> }
      }
      const started = run('start', id, '--wait')
      expect(started).toMatchObject({ status: 0, json: { id, kind: 'llamacpp', state: 'ready' } })
      expect(started.json['bytes']).toBeGreaterThan(300 * 2 ** 20)
      pids = started.json['pids'] as number[]
      const stopped = run('stop', id, '--wait')
      expect(stopped).toMatchObject({ status: 0, json: { id, left: [] } })
      expect(stopped.json['bytesReturned']).toBeGreaterThan(300 * 2 ** 20)
      expect(pids.filter(isAlive)).toEqual([])
    })
  })

  it('has had no complaint from the browser about the policy or the page', () => {
    expect(complaints).toEqual([])
  })
})
