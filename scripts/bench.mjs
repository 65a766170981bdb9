// npm run -s bench -- NAME [--json] [options]: runs bench/NAME.ts with this Node, which strips the types.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const EXIT_USAGE = 2
const EXIT_UNEXPECTED = 1
const OLDEST_NODE = 24
/** In bench/, but no benchmark. */
const NOT_A_BENCH = new Set(['harness.ts'])

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'bench')
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !NOT_A_BENCH.has(file))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()
const usage = `usage: npm run -s bench -- NAME [--json] [options]\nbenchmarks: ${names.join(', ')}`

const [name, ...rest] = process.argv.slice(2)
if (name === '--help' || name === '-h') {
  console.log(usage)
} else if (name === undefined || !names.includes(name)) {
  console.error(name === undefined ? usage : `bench: there is no benchmark '${name}'\n${usage}`)
  process.exitCode = EXIT_USAGE
} else if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(
    `bench: this is Node ${process.versions.node}; run it through npm, which uses the Node ${OLDEST_NODE} that npm ci installed`
  )
  process.exitCode = EXIT_UNEXPECTED
} else {
  const child = spawn(process.execPath, [join(folder, `${name}.ts`), ...rest], {
    stdio: 'inherit',
    cwd: root
  })
  // Ctrl-C reaches the whole process group; a signal to npm alone is passed on, so that nothing stays behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`bench: ${error.message}`)
    process.exitCode = EXIT_UNEXPECTED
  })
  child.on('exit', (code) => {
    process.exitCode = code ?? EXIT_UNEXPECTED
  })
}
