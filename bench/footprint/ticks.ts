// The sentinel's own loop body, run 100 000 times at full speed on a clock of its own: what grows, grows here.
// node --expose-gc ticks.ts → one JSON line.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlackBox } from '../../src/main/sentinel/black-box.ts'
import { loadKernel } from '../../src/main/sentinel/kernel.ts'
import type { ToSentinel } from '../../src/main/sentinel/protocol.ts'
import { createReadings } from '../../src/main/sentinel/readings.ts'
import { createSentinel } from '../../src/main/sentinel/sentinel.ts'
import { startTicksOf } from '../reaction/sentinel.ts'

const TICKS = 100_000
/** First runs compile, and fill what is bounded: the ring of readings, the staged records. */
const WARM_TICKS = 20_000
/** Between two turns of the event loop, in which sockets and the disk get theirs. */
const BATCH = 100
const TICK_MS = 100
const GIB = 1024 ** 3

const folder = mkdtempSync(join(tmpdir(), 'firebreak-ticks-'))
const victim = spawn('sleep', ['600'], { stdio: 'ignore' })
process.once('exit', () => {
  victim.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

let nowMs = 1_000
const sentinel = createSentinel({
  kernel: loadKernel(),
  rights: { rights: 'user', memoryLocked: false, priorityRaised: false, notes: [] },
  readings: createReadings('/proc'),
  blackBox: createBlackBox(),
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  lingerMs: Number.MAX_SAFE_INTEGER,
  log: () => undefined,
  onUnneeded: () => undefined
})
const socketPath = join(folder, 's')
const server = createServer((socket) => sentinel.connect(socket))
await new Promise<void>((done) => server.listen(socketPath, done))
const core = connect(socketPath)
core.on('data', () => undefined)
const send = (message: ToSentinel): void => void core.write(`${JSON.stringify(message)}\n`)
const pid = victim.pid ?? -1
const identity = { pid, startTicks: startTicksOf(pid) }
const arm = (sequence: number): void =>
  send({
    type: 'arm',
    sequence,
    holders: [{ label: 'sleep', bytes: GIB }],
    watches: [
      {
        id: 'main',
        policy: {
          mode: 'balanced',
          reserveBytes: 0.5 * GIB,
          floorBytes: 0.2 * GIB,
          restsAtBytes: 'unknown',
          answerMs: 15_000
        },
        victims: [
          {
            id: 'sleep',
            label: 'sleep',
            bytes: GIB,
            stopLatencyMs: 500,
            graceMs: 10_000,
            shrinkableBytes: 0,
            processes: [identity],
            groupLeaders: [identity],
            cgroupDir: null
          }
        ]
      }
    ]
  })
send({ type: 'hello', protocol: 1, ...identity, pid: process.pid, blackBoxPath: join(folder, 'box') })

async function run(ticks: number): Promise<void> {
  for (let done = 0; done < ticks; done += BATCH) {
    // As a core does, about once a second.
    if (done % (BATCH * 10) === 0) arm(done)
    for (let i = 0; i < BATCH; i++) {
      nowMs += TICK_MS
      sentinel.tick()
    }
    await new Promise((turn) => setImmediate(turn))
  }
}
const settled = (): { readonly heap: number; readonly rss: number } => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

await run(WARM_TICKS)
const before = settled()
const began = performance.now()
await run(TICKS)
const tickUs = ((performance.now() - began) / TICKS) * 1_000
const after = settled()
console.log(
  JSON.stringify({
    ticks: TICKS,
    tickUs,
    heapGrowthKib: (after.heap - before.heap) / 1024,
    rssGrowthKib: (after.rss - before.rss) / 1024
  })
)
process.exit(0)
