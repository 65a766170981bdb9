#!/usr/bin/env node
// firebreakctl from a checkout: builds if need be, then runs the tool on the pinned Node with the same arguments.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Called through a link in node_modules/.bin, and on Node 20 too.
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
const { ensureBuilt, pinnedNode } = await import('./build.mjs')

const EXIT_UNEXPECTED = 1
const EXIT_SIGNAL_BASE = 128
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

try {
  await ensureBuilt({ root, log: (line) => process.stderr.write(`${line.trimEnd()}\n`) })
} catch (error) {
  console.error(`firebreakctl: ${error.message}`)
  process.exit(EXIT_UNEXPECTED)
}

const child = spawn(pinnedNode(root), [join(root, 'out', 'main', 'cli.js'), ...process.argv.slice(2)], {
  stdio: 'inherit'
})
// The terminal sends Ctrl-C to both; anyone else sends only to this one.
for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal))
child.once('error', (error) => {
  console.error(`firebreakctl: ${error.message}`)
  process.exitCode = EXIT_UNEXPECTED
})
child.once('exit', (code, signal) => {
  process.exitCode = code ?? EXIT_SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal])
})
