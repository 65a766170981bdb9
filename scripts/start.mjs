// npm start: builds if need be and opens the app; where there can be no window, the same panel in the browser.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { ensureBuilt, pinnedNode } from './build.mjs'
import { decideStart, profileCovers, readStartFlags, withoutElectron } from './start-decision.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const EXIT_UNEXPECTED = 1
const EXIT_USAGE = 2
const EXIT_SIGNAL_BASE = 128
/** 130 MB over a slow line; without a network it fails within seconds by itself. */
const ELECTRON_INSTALL_MS = 300_000
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** scripts/apparmor/install.sh puts one there; any other that names this Electron is as good. */
const PROFILES = '/etc/apparmor.d'
const RESTRICTED = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'

const say = (line) => console.error(`firebreak: ${line}`)

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Electron's executable, as its own package says; null where it was never downloaded. */
function electronBinary() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(ROOT, 'node_modules/electron/dist')
  const binary = join(folder, textOf(join(ROOT, 'node_modules/electron/path.txt')).trim() || 'electron')
  return existsSync(binary) ? realpathSync(binary) : null
}

function profileInstalled(program) {
  if (program === null || !existsSync(PROFILES)) return false
  const files = readdirSync(PROFILES, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.some((entry) => profileCovers(textOf(join(PROFILES, entry.name)), program))
}

function lookAtMachine(flags) {
  const electron = electronBinary()
  return {
    root: process.getuid?.() === 0,
    display: Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY),
    electron: electron === null ? 'missing' : 'installed',
    namespacesRestricted: textOf(RESTRICTED).trim() === '1',
    profileInstalled: profileInstalled(electron),
    browserWanted: flags.browser
  }
}

/** Runs to its end; a signal to this process reaches the child. Answers with the exit code. */
function run(file, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: 'inherit', ...options })
    const forward = (signal) => child.kill(signal)
    for (const signal of PASSED_ON) process.on(signal, forward)
    child.once('error', (error) => {
      say(error.message)
      done(EXIT_UNEXPECTED)
    })
    child.once('exit', (code, signal) => {
      for (const name of PASSED_ON) process.off(name, forward)
      done(code ?? EXIT_SIGNAL_BASE + constants.signals[signal])
    })
  })
}

async function installElectron() {
  say("downloading Electron's binary (once) …")
  const install = join(ROOT, 'node_modules/electron/install.js')
  const options = { timeout: ELECTRON_INSTALL_MS, stdio: ['ignore', 'inherit', 'ignore'] }
  return (await run(pinnedNode(ROOT), [install], options)) === 0
}

function inBrowser(why, flags) {
  say(`${why}:`)
  // As root or without a display there is no browser here to open.
  const open =
    flags.open && process.getuid?.() !== 0 && Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
  const port = flags.port === null ? [] : ['--port', flags.port]
  const headless = join(ROOT, 'out/main/headless.js')
  return run(pinnedNode(ROOT), [headless, open ? '--open' : '--no-open', ...port])
}

async function start(args) {
  const read = readStartFlags(args)
  if (!read.ok) {
    say(read.why)
    return EXIT_USAGE
  }
  const { flags } = read
  await ensureBuilt({ root: ROOT, log: (line) => process.stderr.write(`${line.trimEnd()}\n`) })
  let decision = decideStart(lookAtMachine(flags))
  if (decision.show === 'install-electron') {
    decision = (await installElectron()) ? decideStart(lookAtMachine(flags)) : withoutElectron()
    if (decision.show === 'install-electron') decision = withoutElectron()
  }
  if (decision.show === 'browser') return await inBrowser(decision.why, flags)
  // Set in the terminals of some editors: Electron would be a plain Node.
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  return await run(electronBinary(), [ROOT, ...(flags.hidden ? ['--hidden'] : [])], { env })
}

try {
  process.exitCode = await start(process.argv.slice(2))
} catch (error) {
  say(error.message)
  process.exitCode = EXIT_UNEXPECTED
}
