import process from 'node:process'
import { parseArgs } from 'node:util'
import { createBlackBox } from './black-box.ts'
import { loadKernel } from './kernel.ts'
import { listenOnDescriptor, listenOnPath, passedDescriptor, type Listening } from './listen.ts'
import { createReadings } from './readings.ts'
import { takeRights } from './rights.ts'
import { createSentinel } from './sentinel.ts'

// The sentinel's own process: `node sentinel.js --socket PATH`, or with the socket systemd passes. Flags:
// --linger-ms N: how long it stays after the last victim is gone (default 10 s).

const EXIT_USAGE = 2
const EXIT_UNEXPECTED = 1
/** A core that restarts is back within a few seconds. */
const LINGER_MS = 10_000
const MS_PER_NS = 1e-6
const MS_PER_S = 1_000

/** CLOCK_MONOTONIC, which every process of the machine shares; performance.now() counts from this one's start. */
const [seconds, nanoseconds] = process.hrtime()
const originMs = seconds * MS_PER_S + nanoseconds * MS_PER_NS - performance.now()
const monotonicMs = (): number => originMs + performance.now()

function log(line: string): void {
  try {
    process.stderr.write(`firebreak-sentinel: ${line}\n`)
  } catch {
    // A full disk under the log file.
  }
}

function readFlags(): { readonly socket: string | null; readonly lingerMs: number } {
  const { values } = parseArgs({
    options: { socket: { type: 'string' }, 'linger-ms': { type: 'string' } }
  })
  const lingerMs = values['linger-ms'] === undefined ? LINGER_MS : Number(values['linger-ms'])
  if (!Number.isInteger(lingerMs) || lingerMs < 0) throw new Error('--linger-ms takes a whole number')
  return { socket: values.socket ?? null, lingerMs }
}

async function main(): Promise<void> {
  const flags = readFlags()
  const fd = passedDescriptor(process.env, process.pid)
  if (fd === null && flags.socket === null) throw new Error('--socket PATH is missing')
  const kernel = loadKernel()
  const blackBox = createBlackBox()
  let listening: Listening | null = null
  const leave = (why: string): void => {
    log(why)
    sentinel.dispose()
    if (listening !== null && listening !== 'taken') listening.dispose()
    blackBox.close()
    process.exit(0)
  }
  const sentinel = createSentinel({
    kernel,
    rights: takeRights(kernel),
    readings: createReadings(process.env['FIREBREAK_PROC_ROOT'] || '/proc'),
    blackBox,
    nowMs: Date.now,
    monotonicMs,
    lingerMs: flags.lingerMs,
    log,
    onUnneeded: () => leave('nobody needs it any more; it ends')
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => leave(`${signal}; it ends`))
  const onSocket = sentinel.connect
  listening =
    fd === null ? await listenOnPath(flags.socket ?? '', onSocket) : await listenOnDescriptor(fd, onSocket)
  if (listening === 'taken') leave(`another sentinel answers on ${flags.socket}; it ends`)
  else log(`watches; process ${process.pid}`)
}

process.stderr.on('error', () => undefined)
process.stdout.on('error', () => undefined)
process.on('SIGHUP', () => undefined)
// A guard that ends by its own mistake guards nobody.
process.on('uncaughtException', (error) => log(`unexpected: ${error.stack ?? error.message}`))

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error))
  process.exit(error instanceof TypeError ? EXIT_USAGE : EXIT_UNEXPECTED)
})
