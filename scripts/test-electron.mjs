// npm run test:electron: the e2e specs of the built app on real Electron. Exit 2, with the reason, where it cannot run.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureBuilt, pinnedNode } from './build.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const EXIT_CANNOT = 2

function reasonAgainst() {
  const pathFile = join(ROOT, 'node_modules/electron/path.txt')
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(ROOT, 'node_modules/electron/dist')
  const binary = join(folder, existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron')
  if (!existsSync(binary)) return `Electron's binary is not installed (${binary})`
  if (process.getuid?.() === 0)
    return "Chromium's sandbox does not start as root, and no test runs without it"
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no display (try xvfb-run)'
  return null
}

const reason = reasonAgainst()
if (reason === null) {
  await ensureBuilt({ root: ROOT })
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--project', 'e2e', 'test/e2e/app', ...process.argv.slice(2)]
  const env = { ...process.env, FIREBREAK_E2E: 'electron' }
  const run = spawnSync(pinnedNode(ROOT), args, { cwd: ROOT, stdio: 'inherit', env })
  process.exitCode = run.status ?? 1
} else {
  console.error(`test:electron did not run: ${reason}`)
  process.exitCode = EXIT_CANNOT
}
