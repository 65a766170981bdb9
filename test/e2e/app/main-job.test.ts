import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { llamaServerOrSkip } from '../../support/llama-server.ts'
import { makeHome, type Home } from '../../support/headless-core.ts'
import { LARGE, makeGguf } from '../../support/make-gguf.ts'
import { isAlive, until } from '../../support/until.ts'
import { Panel } from '../pages/panel.ts'
import { launchApp, type AppUnderTest } from '../support/app.ts'

const MIB = 2 ** 20
const NAME = 'Large one'
const READY_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 45_000

const server = await llamaServerOrSkip()

/** Without mapping the file its weights are the process's own memory, which must come back. */
async function unmappedArgs(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--help'])
  return stdout.includes('--load-mode') ? '--load-mode\nnone' : '--no-mmap' // the older spelling
}

describe('the main job, from the window to the tokens and back', () => {
  let home: Home
  let app: AppUnderTest
  let panel: Panel
  let model = ''
  let pids: readonly number[] = []

  beforeAll(async () => {
    if ('skip' in server) return
    home = makeHome({ llamacpp: { binary: 'path' in server ? server.path : '' } })
    model = makeGguf(join(home.dir, 'large.gguf'), LARGE)
    app = await launchApp({ env: home.env })
    panel = new Panel(await app.page())
  })
  beforeEach((context) => {
    if ('skip' in server) context.skip(server.skip)
  })
  afterEach((context) => {
    if (context.task.result?.state === 'fail') console.error(app?.output())
  })
  afterAll(async () => {
    await app?.close()
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    home?.remove()
  })

  it('shows this machine live', async () => {
    await panel.go('Overview')
    await panel.page
      .getByText(/free for models/)
      .first()
      .waitFor()
    const first = await panel.call('status.get', {})
    const sum = first.ledger.reduce((bytes, part) => bytes + part.bytes, 0)
    expect(sum).toBe(first.memTotalBytes)
    // A figure on screen moves: the CPU's load is never the same for long.
    await panel.changes(panel.figure('CPU'))
    await until(
      'a later snapshot',
      async () => (await panel.call('status.get', {})).sequence > first.sequence
    )
  })

  it('starts a model by its path and says when it is ready', async () => {
    const extraArgs = await unmappedArgs('path' in server ? server.path : '')
    await panel.startByPath({ path: model, name: NAME, extraArgs })
    await panel.go('Overview')
    await panel.card(NAME).getByText('Ready', { exact: true }).waitFor({ timeout: READY_DEADLINE_MS })
    const [runner] = await panel.call('runners.list', {})
    pids = runner?.pids ?? []
    expect(pids.length).toBeGreaterThan(0)
    expect(runner?.bytes.hostBytes).toBeGreaterThan(300 * MIB)
    // It has a part of its own in the ledger, which still adds up.
    const { ledger, memTotalBytes } = await until('the ledger to name it', async () => {
      const status = await panel.call('status.get', {})
      return status.ledger.some((part) => part.id === `runner:${runner?.id}`) && status
    })
    expect(ledger.reduce((bytes, part) => bytes + part.bytes, 0)).toBe(memTotalBytes)
  })

  it('gives tokens at the URL on its card', async () => {
    const link = panel.card(NAME).getByRole('link', { name: `Open ${NAME}` })
    const url = (await link.getAttribute('href'))?.replace(/\/$/, '') ?? ''
    expect(await panel.card(NAME).innerText()).toContain(url)
    const answer = await fetch(`${url}/completion`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify({ prompt: 'once', n_predict: 8, seed: 1 })
    })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ tokens_predicted: 8 })
  })

  it('opens the model’s own page in the browser, as it runs here', async () => {
    await panel
      .card(NAME)
      .getByRole('link', { name: `Open ${NAME}` })
      .click()
    const [runner] = await panel.call('runners.list', {})
    await until('the URL to be opened', async () =>
      (await app.state()).opened.some((url) => url.startsWith(runner?.url ?? '-'))
    )
  })

  it('stops it: no process left, memory back', async () => {
    await panel
      .card(NAME)
      .getByRole('button', { name: `Stop ${NAME}` })
      .click()
    await panel.page.getByText(/came back in/).waitFor({ timeout: STOP_DEADLINE_MS })
    const [runner] = await panel.call('runners.list', {})
    const stopped = runner?.lastStop
    expect(runner?.state).toBe('stopped')
    expect(stopped).toMatchObject({ memoryIsBack: true, left: [] })
    expect(stopped?.bytesExpected).toBeGreaterThan(300 * MIB)
    expect(stopped?.bytesReturned).toBeGreaterThanOrEqual((stopped?.bytesExpected ?? 0) * 0.9)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('starts and stops it from the tray with one click each', async () => {
    await until('the tray to offer it', async () =>
      (await app.state()).tray.some((item) => item.label === `Start ${NAME}`)
    )
    await app.clickTray(`Start ${NAME}`)
    await until(
      'it to be ready',
      async () => {
        const [runner] = await panel.call('runners.list', {})
        pids = runner?.pids ?? []
        return runner?.state === 'ready'
      },
      READY_DEADLINE_MS
    )
    await until('the tray to offer the stop', async () =>
      (await app.state()).tray.some((item) => item.label === `Stop ${NAME}`)
    )
    await app.clickTray(`Stop ${NAME}`)
    await until(
      'it to be stopped',
      async () => (await panel.call('runners.list', {}))[0]?.state === 'stopped',
      STOP_DEADLINE_MS
    )
    expect(pids.filter(isAlive)).toEqual([])
    await until('the user to be told', async () =>
      (await app.state()).notifications.some((note) => /came back in/.test(note.body))
    )
  })

  it('leaves it running when Firebreak ends, and takes it back at the next start', async () => {
    const ready = async (): Promise<boolean> => {
      const [runner] = await panel.call('runners.list', {})
      pids = runner?.pids ?? []
      return runner?.state === 'ready'
    }
    await panel.call('runners.start', { target: (await panel.call('runners.list', {}))[0]?.id ?? '' })
    await until('it to be ready', ready, READY_DEADLINE_MS)
    const before = [...pids]
    await app.close()
    expect(before.filter(isAlive)).toEqual(before)

    app = await launchApp({ env: home.env })
    panel = new Panel(await app.page())
    await until('it to be taken back', ready, READY_DEADLINE_MS)
    expect(pids).toEqual(before)
    await panel
      .card(NAME)
      .getByRole('button', { name: `Stop ${NAME}` })
      .click()
    await panel.page.getByText(/came back in/).waitFor({ timeout: STOP_DEADLINE_MS })
    expect(before.filter(isAlive)).toEqual([])
  })
})
