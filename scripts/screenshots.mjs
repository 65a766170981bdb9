// Makes docs/screenshots/states/*.png from the built renderer over a made-up core: every page, both themes, the states that
// matter. Run `npm run build` first; Chromium is looked for on the PATH.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumArgs, chromiumPath } from '../test/double/chromium-path.mjs'
import { serveFakeCore } from '../test/support/fake-core/server.ts'

const root = join(import.meta.dirname, '..')
const target = join(root, 'docs/screenshots/states')

/** Names that begin so, where some are given after the renderer's folder; else all. */
const only = process.argv.slice(3)
const isWanted = ([name]) => only.length === 0 || only.some((one) => name.startsWith(one))

/** After the first tick the graph has been drawn; a second one shows that nothing jumps. */
const SETTLE_MS = 1300

const SHOTS = [
  ['overview-light', 'calm', 'light', 'Overview', 1280, 800],
  ['overview-dark', 'calm', 'dark', 'Overview', 1280, 800],
  ['loading-light', 'loading', 'light', 'Overview', 1280, 800],
  ['warning-light', 'warn', 'light', 'Overview', 1280, 800],
  ['emergency-dark', 'emergency', 'dark', 'Overview', 1280, 800],
  ['failed-light', 'failed', 'light', 'Overview', 1280, 800],
  ['connection-lost-light', 'lost', 'light', 'Overview', 1280, 800],
  ['forty-holders-dark', 'many', 'dark', 'Overview', 1280, 800],
  ['narrow-light', 'calm', 'light', 'Overview', 900, 600],
  ['models-light', 'calm', 'light', 'Models', 1280, 800],
  ['models-dark', 'calm', 'dark', 'Models', 1280, 800],
  ['kinds-light', 'kinds', 'light', 'Overview', 1280, 800],
  ['kinds-dark', 'kinds', 'dark', 'Overview', 1280, 800],
  ['training-dark', 'kinds', 'dark', 'Overview', 1280, 800, 'card:llama-8b-lora'],
  ['elsewhere-light', 'kinds', 'light', 'Overview', 1280, 800, 'Running elsewhere'],
  ['kinds-narrow-dark', 'kinds', 'dark', 'Overview', 900, 600],
  ['models-kinds-light', 'kinds', 'light', 'Models', 1280, 800],
  ['playbooks-dark', 'kinds', 'dark', 'Models', 1280, 800, 'Playbooks'],
  ['new-light', 'kinds', 'light', 'Models', 1280, 800, 'new'],
  ['new-narrow-dark', 'kinds', 'dark', 'Models', 900, 600, 'new'],
  ['form-vllm-light', 'kinds', 'light', 'Models', 1280, 1400, 'new:vLLM'],
  ['form-vllm-dark', 'kinds', 'dark', 'Models', 900, 600, 'new:vLLM'],
  ['set-up-light', 'kinds', 'light', 'Models', 1280, 800, 'set-up:LM Studio'],
  ['long-kinds-dark', 'long-kinds', 'dark', 'Overview', 900, 600, 'Running elsewhere'],
  ['long-kinds-light', 'long-kinds', 'light', 'Models', 1280, 800],
  ['first-day-light', 'first-day', 'light', 'Models', 1280, 800],
  ['fit-light', 'too-big', 'light', 'Models', 1280, 800],
  ['fit-narrow-dark', 'too-big', 'dark', 'Models', 900, 600],
  ['fit-form-light', 'too-big', 'light', 'Models', 1280, 800, 'edit:llama-3.3-70b'],
  ['fit-form-narrow-dark', 'too-big', 'dark', 'Models', 900, 600, 'edit:llama-3.3-70b'],
  ['fit-form-measured-dark', 'too-big', 'dark', 'Models', 1280, 800, 'edit:gemma-3-27b'],
  ['fit-parts-light', 'too-big', 'light', 'Models', 1280, 1000, 'parts:gemma-3-27b'],
  ['fit-unknown-light', 'too-big', 'light', 'Models', 1280, 800, 'edit:kestrel-2'],
  ['does-not-fit-light', 'too-big', 'light', 'Models', 1280, 800, 'refused:llama-3.3-70b'],
  ['does-not-fit-dark', 'too-big', 'dark', 'Models', 900, 600, 'refused:llama-3.3-70b'],
  ['start-anyway-light', 'too-big', 'light', 'Models', 900, 600, 'anyway:llama-3.3-70b'],
  ['waiting-light', 'waiting', 'light', 'Overview', 1280, 800],
  ['waiting-narrow-dark', 'waiting', 'dark', 'Overview', 900, 600],
  ['waiting-models-dark', 'waiting', 'dark', 'Models', 1280, 800],
  ['ask-light', 'ask-warn', 'light', 'Overview', 1280, 800],
  ['ask-dark', 'ask-warn', 'dark', 'Models', 900, 600],
  ['frozen-dark', 'frozen', 'dark', 'Overview', 1280, 800],
  ['frozen-light', 'frozen', 'light', 'Overview', 900, 600],
  ['stopped-light', 'acted', 'light', 'Overview', 1280, 800],
  ['observe-dark', 'observe', 'dark', 'Overview', 1280, 800],
  ['watcher-gone-light', 'sentinel-gone', 'light', 'Overview', 1280, 800],
  ['hostile-names-light', 'long-ask', 'light', 'Guard', 900, 600],
  ['guard-light', 'acted', 'light', 'Guard', 1280, 800],
  ['guard-dark', 'checkout', 'dark', 'Guard', 1280, 800],
  ['guard-narrow-dark', 'calm', 'dark', 'Guard', 900, 600],
  ['guard-checkout-light', 'checkout', 'light', 'Guard', 1280, 800, 'What it would do now'],
  ['drill-running-light', 'drill', 'light', 'Guard', 1280, 800, 'Fire drill'],
  ['drill-dark', 'acted', 'dark', 'Guard', 1280, 800, 'Fire drill'],
  ['drill-failed-light', 'drill-failed', 'light', 'Guard', 1280, 800, 'Fire drill'],
  ['incident-light', 'acted', 'light', 'Guard', 1280, 800, 'incident'],
  ['incident-dark', 'crashed', 'dark', 'Guard', 1280, 800, 'incident'],
  ['settings-light', 'calm', 'light', 'Settings', 1280, 800],
  ['settings-dark', 'calm', 'dark', 'Settings', 1280, 800]
]

/** The card of that title at the top of what is seen. */
async function scrollTo(page, title) {
  const card = page.getByRole('region', { name: title, exact: true })
  await card.waitFor()
  await card.evaluate((one) => one.scrollIntoView({ block: 'start' }))
}

async function scrollToCard(page, label) {
  const card = page.getByRole('article', { name: `Model ${label}` })
  await card.waitFor()
  await card.evaluate((one) => one.scrollIntoView({ block: 'start' }))
}

/** 'new': the kinds; 'new:NAME': the form of one; 'set-up:NAME': its steps. */
async function openNew(page, what) {
  const [how, kind] = what.split(':')
  await page.getByRole('button', { name: 'New…' }).click()
  if (kind === undefined) return
  const word = how === 'new' ? 'New' : 'Set up'
  await page.getByRole('button', { name: `${word} ${kind}`, exact: true }).click()
  if (how !== 'new') return
  await page.getByLabel('Model', { exact: true }).fill('Qwen/Qwen3-32B-FP4')
  await page.getByText('Other machines on the network too').click()
}

/** 'edit:NAME': its form; 'parts:NAME': with its breakdown; 'refused:NAME': its start; 'anyway:NAME': to be typed. */
async function openFit(page, what) {
  const [how, label] = what.split(':')
  const word = how === 'edit' || how === 'parts' ? 'Edit' : 'Start'
  const button = page.getByRole('button', { name: `${word} ${label}`, exact: true })
  await button.click()
  if (word === 'Edit') {
    await page.getByRole('region', { name: 'Will it fit?' }).waitFor()
    await button.evaluate((one) => one.closest('li').scrollIntoView({ block: 'start' }))
  }
  if (how === 'parts') await page.getByText('What it is made of').click()
  if (how === 'anyway') await page.getByRole('button', { name: /Start anyway/ }).click()
}

mkdirSync(target, { recursive: true })
const server = await serveFakeCore(process.argv[2] ?? join(root, 'out/renderer'), 0)
const { port } = server.address()
const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
let complaints = 0
try {
  for (const [name, scenario, colorScheme, pageName, width, height, at] of SHOTS.filter(isWanted)) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme })
    const page = await context.newPage()
    const complain = (text) => {
      // The lost connection is tried again, and Chromium reports each attempt.
      if (scenario === 'lost' && text.includes('WebSocket')) return
      complaints += 1
      console.error(`${name}: ${text}`)
    }
    page.on('console', (message) => message.type() === 'error' && complain(message.text()))
    page.on('pageerror', (error) => complain(error.message))
    await page.goto(`http://127.0.0.1:${port}/#token=${scenario}_${colorScheme}_${name}`)
    await page.getByRole('status').waitFor()
    const rail = page.getByRole('navigation')
    if (pageName !== 'Overview') await rail.getByRole('button', { name: pageName, exact: true }).click()
    if (at?.startsWith('card:')) await scrollToCard(page, at.slice('card:'.length))
    else if (/^(new|set-up)/.test(at ?? '')) await openNew(page, at)
    else if (/^(edit|parts|refused|anyway):/.test(at ?? '')) await openFit(page, at)
    else if (at === 'incident') await page.locator('[data-incident]').first().click()
    else if (at !== undefined) await scrollTo(page, at)
    if (scenario === 'lost') await page.getByText('Connection lost').waitFor()
    await page.waitForTimeout(SETTLE_MS)
    const sideways = await page.evaluate(() => {
      const main = document.querySelector('main')
      return document.documentElement.scrollWidth > window.innerWidth || main.scrollWidth > main.clientWidth
    })
    if (sideways) complain('scrolls sideways')
    await page.screenshot({ path: join(target, `${name}-${width}x${height}.png`) })
    await context.close()
  }
} finally {
  await browser.close()
  server.closeAllConnections()
  server.close()
}
process.exitCode = complaints > 0 ? 1 : 0
