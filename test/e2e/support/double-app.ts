import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { REQUEST_CHANNEL } from '../../../src/shared/contract/channels.ts'
import type { AppUnderTest, DesktopState, LaunchOptions } from './app.ts'
import { connectControl, type Control } from './control.ts'
import { HELLO } from './hello.ts'
import { until } from '../../support/until.ts'

const root = resolve(import.meta.dirname, '../../..')
const PAGE_ORIGIN = 'https://app.firebreak.double/'
/** After SIGTERM; the application itself gives its core 3 s. */
const CLOSE_DEADLINE_MS = 15_000

export async function launchOnDouble(options: LaunchOptions): Promise<AppUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-double-'))
  const socketPath = join(folder, 'control.sock')
  const args = [
    join(root, 'test/double/launch.mjs'),
    join(root, 'out/main/index.js'),
    ...(options.args ?? [])
  ]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...options.env, DOUBLE_CONTROL: socketPath },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the application could not be spawned')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)))
  const exit = once(child, 'exit').then(([code]) => code as number | null)

  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
  const attach = async (): Promise<{ control: Control; browser: Browser }> => {
    const control = await until('the control socket', async () => {
      if (ended()) throw new Error(`the application ended at once:\n${output}`)
      return await connectControl(socketPath)
    })
    // Asking for it starts Chromium, if the application has not opened a window yet.
    const browser = await chromium.connectOverCDP(await control.call<string>('debuggingUrl'))
    return { control, browser }
  }
  const { control, browser } = await attach().catch((error: unknown) => {
    child.kill('SIGKILL') // its Chromium ends with it: their pipe breaks
    throw new Error(`the application could not be driven; it said:\n${output}`, { cause: error })
  })
  const state = (): Promise<DesktopState> => control.call<DesktopState>('state')

  return {
    pid,
    async page(): Promise<Page> {
      return await until(`the window to load; the application said:\n${output}`, async () => {
        const { windows } = await state()
        if (!windows.some((window) => window.loaded)) return null
        const pages = browser.contexts().flatMap((context) => context.pages())
        return pages.find((page) => page.url().startsWith(PAGE_ORIGIN) && !page.isClosed())
      })
    },
    state,
    act: (what) => control.call(what),
    clickTray: (label) => control.call('trayClick', label),
    grants: (permission) => control.call('grants', permission),
    blocks: (url) => control.call('blocks', url),
    askFrom: (frame) => control.call('askFrom', { channel: REQUEST_CHANNEL, message: HELLO, frame }),
    output: () => output,
    ended: () => exit,
    async close() {
      if (!ended()) child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS)
      await exit
      clearTimeout(killer)
      control.close()
      await browser.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}
