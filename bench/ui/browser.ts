import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumArgs, chromiumPath } from '../../test/double/chromium-path.mjs'
import type { BenchContext } from '../harness.ts'
import { cpuSeconds } from '../sampler/process-cost.ts'
import { connectCdp, type Cdp } from './cdp.ts'

const START_DEADLINE_MS = 30_000

/** As the Overview is designed for. */
const WINDOW = '1280,800'

export interface Tab {
  evaluate<T>(expression: string): Promise<T>
  send<T>(method: string, params?: object): Promise<T>
  /** CPU seconds of the page's renderer and of the GPU process, which draws for it. */
  cpu(): Promise<{ readonly rendererS: number; readonly gpuS: number }>
  close(): Promise<void>
}

export interface Browser {
  readonly startMs: number
  open(url: string): Promise<Tab>
}

/** A Chromium of its own without a window; ended with the benchmark. */
export async function startBrowser(context: BenchContext): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'firebreak-ui-'))
  const startedMs = performance.now()
  const child = spawn(
    chromiumPath(),
    [
      ...chromiumArgs(),
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      `--window-size=${WINDOW}`,
      '--no-first-run',
      '--disable-extensions',
      '--disable-background-networking',
      'about:blank'
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  )
  context.atEnd(() => {
    child.kill('SIGKILL')
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  })
  const url = await new Promise<string>((found, failed) => {
    let said = ''
    const timer = setTimeout(() => failed(new Error(`Chromium does not answer:\n${said}`)), START_DEADLINE_MS)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const line = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (line === undefined) return
      clearTimeout(timer)
      found(line)
    })
    child.once('error', failed)
    child.once('exit', (code) => failed(new Error(`Chromium ended with ${code}:\n${said}`)))
  })
  const cdp = await connectCdp(url)
  context.atEnd(() => cdp.close())
  const startMs = performance.now() - startedMs
  return { startMs, open: (address) => openTab(cdp, address) }
}

interface ProcessInfo {
  readonly type: string
  readonly id: number
}

async function openTab(cdp: Cdp, url: string): Promise<Tab> {
  const processes = async (): Promise<readonly ProcessInfo[]> =>
    (await cdp.send<{ processInfo: ProcessInfo[] }>('SystemInfo.getProcessInfo')).processInfo
  const before = new Set((await processes()).map(({ id }) => id))
  const { targetId } = await cdp.send<{ targetId: string }>('Target.createTarget', {
    url: 'about:blank'
  })
  const { sessionId } = await cdp.send<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true
  })
  // Answers once the page has begun, so that what is evaluated next runs in it.
  await cdp.send('Page.navigate', { url }, sessionId)
  return {
    async evaluate<T>(expression: string) {
      const answer = await cdp.send<{ result: { value: T }; exceptionDetails?: { text: string } }>(
        'Runtime.evaluate',
        { expression, awaitPromise: true, returnByValue: true },
        sessionId
      )
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
      return answer.result.value
    },
    send: (method, params) => cdp.send(method, params, sessionId),
    async cpu() {
      const now = await processes()
      // A spare renderer may stand ready beside the page's: it does nothing, so that counting it is harmless.
      const renderers = now.filter(({ type, id }) => type === 'renderer' && !before.has(id))
      const gpus = now.filter(({ type }) => type.toUpperCase() === 'GPU')
      if (renderers.length === 0 || gpus.length === 0) throw new Error('renderer or GPU process not found')
      const sum = (list: readonly ProcessInfo[]): number =>
        list.reduce((seconds, { id }) => seconds + cpuSeconds(id, false), 0)
      return { rendererS: sum(renderers), gpuS: sum(gpus) }
    },
    async close() {
      await cdp.send('Target.closeTarget', { targetId })
    }
  }
}
