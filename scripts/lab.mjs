// npm run -s lab -- [--json] [options]: builds the app if need be, then runs the starvation lab with the pinned Node,
// which strips the types.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt, pinnedNode } from './build.mjs'

const EXIT_UNEXPECTED = 1

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
try {
  if (!args.includes('--help') && !args.includes('-h')) await ensureBuilt({ root })
} catch (error) {
  console.error(`lab: ${error.message}`)
  process.exit(EXIT_UNEXPECTED)
}
const child = spawn(pinnedNode(root), [join(root, 'test/lab/host/main.ts'), ...args], {
  stdio: 'inherit',
  cwd: root
})
// Ctrl-C reaches the whole process group; a signal to npm alone is passed on, so that no machine stays behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  console.error(`lab: ${error.message}`)
  process.exitCode = EXIT_UNEXPECTED
})
child.on('exit', (code) => {
  process.exitCode = code ?? EXIT_UNEXPECTED
})
