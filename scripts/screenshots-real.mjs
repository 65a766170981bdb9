// Makes docs/screenshots/*.png from the real app: the built headless host on this machine, a real llama-server and a
// model with made-up weights, in a real Chromium. Run `npm run build` first. Takes two minutes and 3 GiB of memory.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumArgs, chromiumPath } from '../test/double/chromium-path.mjs'
import { makeHome, startHeadless } from '../test/support/headless-core.ts'
import { ensureLlamaServer } from '../test/support/llama-server.ts'
import { makeGguf } from '../test/support/make-gguf.ts'
import { until } from '../test/support/until.ts'

const target = join(import.meta.dirname, '../docs/screenshots')
/** The one-minute graph shall show the time before, the load and the time after. */
const BEFORE_MS = 25_000
const AFTER_MS = 25_000
/** 1.9 GB of f16 weights, 1.1 billion parameters. */
const BIG = { layers: 16, embedding: 2048, feedForward: 5632, heads: 16, headsKv: 4, vocabulary: 32_000 }
const SMALL = { layers: 8, embedding: 1536, feedForward: 4096, heads: 12, headsKv: 4, vocabulary: 8192 }

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const unwrap = (result) => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

mkdirSync(target, { recursive: true })
const home = makeHome({ llamacpp: { binary: await ensureLlamaServer() } })
const models = join(home.dir, 'models')
mkdirSync(models)
makeGguf(join(models, 'demo-1b-f16.gguf'), { ...BIG, contextLength: 8192 })
makeGguf(join(models, 'demo-0.2b-f16.gguf'), { ...SMALL, contextLength: 8192 })
const core = await startHeadless(home, ['--port', '0'])
const url = await until('the address', () => /http:\S+/.exec(core.stdout())?.[0])
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
const started = []
try {
  await pause(BEFORE_MS)
  for (const name of ['demo-1b-f16', 'demo-0.2b-f16']) {
    started.push(unwrap(await core.client.call('runners.start', { target: join(models, `${name}.gguf`) })).id)
  }
  await until('both to be ready', async () => {
    const list = unwrap(await core.client.call('runners.list', {}))
    return list.every((runner) => runner.state === 'ready')
  })
  await pause(AFTER_MS)
  for (const [name, colorScheme, pageName] of [
    ['overview-dark', 'dark', 'Overview'],
    ['overview-light', 'light', 'Overview'],
    ['models-dark', 'dark', 'Models']
  ]) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme })
    const page = await context.newPage()
    await page.goto(url)
    await page.getByRole('status').waitFor()
    if (pageName === 'Overview') await page.getByText('1 min', { exact: true }).click()
    else await page.getByRole('button', { name: pageName, exact: true }).click()
    await page.mouse.move(0, 0)
    await pause(3000)
    await page.screenshot({ path: join(target, `${name}-1280x800.png`) })
    await context.close()
  }
} finally {
  for (const id of started) await core.client.call('runners.stop', { id })
  await browser.close()
  await core.end()
  home.remove()
  rmSync(models, { recursive: true, force: true })
}
