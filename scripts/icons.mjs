// Renders resources/**/*.svg to the PNGs that desktop and tray want: node scripts/icons.mjs
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumArgs, chromiumPath } from '../test/double/chromium-path.mjs'

const root = resolve(import.meta.dirname, '..')
/** What hicolor themes look for. */
const APP_SIZES = [16, 32, 48, 64, 128, 256, 512]
/** GNOME's panel shows 22 px; @2x for its scaled screens. Electron finds the @2x file by its name. */
const TRAY_SIZES = { '': 22, '@2x': 44 }

const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() })
const page = await browser.newPage()

async function render(svgPath, size, pngPath) {
  await page.setViewportSize({ width: size, height: size })
  const data = readFileSync(svgPath).toString('base64')
  const image = `<img width="${size}" height="${size}" src="data:image/svg+xml;base64,${data}">`
  await page.setContent(`<body style="margin:0;line-height:0;background:transparent">${image}</body>`)
  await page.locator('img').evaluate((element) => element.decode())
  writeFileSync(pngPath, await page.screenshot({ omitBackground: true }))
}

const icons = join(root, 'resources/icons')
for (const size of APP_SIZES) await render(join(icons, 'icon.svg'), size, join(icons, `${size}x${size}.png`))

const tray = join(root, 'resources/tray')
for (const name of readdirSync(tray).filter((file) => file.endsWith('.svg'))) {
  for (const [suffix, size] of Object.entries(TRAY_SIZES)) {
    await render(join(tray, name), size, join(tray, name.replace('.svg', `${suffix}.png`)))
  }
}
await browser.close()
