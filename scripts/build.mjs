// Builds the app into out/, once for however many callers. `npm run build` always builds.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'

const ROOT = join(import.meta.dirname, '..')
/** What the bundles are made of. */
const SOURCES = ['src', 'electron.vite.config.ts', 'package.json', 'package-lock.json', 'scripts/build.mjs']
const STAMP = '.built'
const UNFINISHED = '.new-'
const PARTS = ['main', 'preload', 'renderer']
/** A cold build takes a few seconds; on a loaded small machine up to a minute. */
const WAIT_MS = 300_000
const POLL_MS = 100

/**
 * Identity of the sources by path, size and time of change: 1 ms for some hundred files, where hashing their
 * content would cost every call of the CLI more than the call itself.
 */
function fingerprint(root) {
  const hash = createHash('sha256')
  const add = (path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    if (stat === undefined) return
    if (stat.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) add(join(path, name))
    } else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
  }
  SOURCES.forEach(add)
  return hash.digest('hex')
}

const stampPath = (root) => join(root, 'out', STAMP)

function isFresh(root, wanted) {
  try {
    const built = JSON.parse(readFileSync(stampPath(root), 'utf8'))
    return built.fingerprint === wanted && PARTS.every((part) => existsSync(join(root, 'out', part)))
  } catch {
    return false
  }
}

/**
 * Returns the function that lets go, or null where somebody else builds.
 *
 * An abstract Unix socket: the kernel frees its name when the holder dies, so the lock is never stale.
 */
function tryLock(root) {
  const place = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 16)
  return new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? settle(null) : reject(error)))
    server.listen(`\0firebreak-build-${process.getuid()}-${place}`, () => settle(() => server.close()))
  })
}

function run(file, args, root, log) {
  return new Promise((settle, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    const keep = (chunk) => {
      output += chunk
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) return settle()
      log(output)
      reject(new Error(`the build failed (${signal ?? `exit ${code}`}); what it said is above`))
    })
  })
}

/** Builds beside the old output and swaps, so that an app that runs keeps whole files until the last moment. */
async function build(root, wanted, log) {
  const started = performance.now()
  log('firebreak: building …')
  const out = join(root, 'out')
  const leftBehind = readdirSync(out).filter((name) => name.startsWith(UNFINISHED))
  for (const name of leftBehind) rmSync(join(out, name), { recursive: true, force: true })
  const fresh = join(out, `${UNFINISHED}${process.pid}`)
  try {
    const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
    if (!existsSync(vite)) throw new Error(`electron-vite is not installed; run 'npm ci' first`)
    await run(pinnedNode(root), [vite, 'build', '--outDir', fresh], root, log)
    for (const part of PARTS) swap(join(fresh, part), join(out, part))
    const stamp = join(fresh, STAMP)
    writeFileSync(stamp, JSON.stringify({ fingerprint: wanted }))
    renameSync(stamp, stampPath(root))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  log(`firebreak: built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

function swap(fresh, target) {
  const old = `${fresh}.old`
  if (existsSync(target)) renameSync(target, old)
  renameSync(fresh, target)
}

/** The pinned Node, also when this file runs on an older one. */
export function pinnedNode(root = ROOT) {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  return existsSync(pinned) ? pinned : process.execPath
}

/**
 * Makes sure that out/ is what the sources say. Callers at the same time share one build; a build that
 * was killed leaves nothing in the way. Rejects when the build fails.
 */
export async function ensureBuilt({ root = ROOT, log = console.error, always = false } = {}) {
  mkdirSync(join(root, 'out'), { recursive: true })
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    const wanted = fingerprint(root)
    if (!always && isFresh(root, wanted)) return
    const unlock = await tryLock(root)
    if (unlock !== null) {
      try {
        // Whoever built while this one waited has built it for both.
        if (always || !isFresh(root, wanted)) await build(root, wanted, log)
        return
      } finally {
        unlock()
      }
    }
    if (performance.now() > deadline) {
      throw new Error(`another build of this checkout does not end`)
    }
    await delay(POLL_MS)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureBuilt({ always: true })
  } catch (error) {
    console.error(`firebreak: ${error.message}`)
    process.exitCode = 1
  }
}
