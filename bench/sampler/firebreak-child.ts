// Runs our sampler alone in a process of its own and reports its cost on stdout. argv: seconds, 'calm'|'loading'.
import { NO_GPU_YET } from '../../src/shared/model/gpu.ts'
import { createSampler } from '../../src/main/sampler/sampler.ts'
import { fastSources } from '../../src/main/sampler/sources/fast.ts'
import { readPageSize } from '../../src/main/sampler/sources/page-size.ts'
import { pause } from '../harness.ts'

/** Until V8 has compiled what runs again and again, and every process has had its turns. */
const WARM_UP_MS = 8_000
const TICKS = 3_000
/** Apart enough that each tick meets caches others have used, as it does in life. */
const TICK_PAUSE_MS = 4

const seconds = Number(process.argv[2])
const loading = process.argv[3] === 'loading'

let snapshots = 0
let processes = 0
const sampler = createSampler({
  places: { procRoot: '/proc', sysRoot: '/sys' },
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  logger: { info: console.error, warn: console.error, error: console.error },
  gpu: () => NO_GPU_YET,
  onSnapshot(snapshot) {
    snapshots++
    processes = snapshot.processes.length
  }
})
sampler.setLoading(loading)
sampler.start()
await pause(WARM_UP_MS)

snapshots = 0
const startedMs = performance.now()
const before = process.cpuUsage()
await pause(seconds * 1_000)
const used = process.cpuUsage(before)
const elapsedMs = performance.now() - startedMs
const seen = snapshots
const rssBytes = process.memoryUsage.rss()
sampler.dispose()

const tickMs: number[] = []
const fast = fastSources('/proc', readPageSize('/proc'))
for (let i = 0; i < TICKS; i++) {
  const tickStartedMs = performance.now()
  const reading = fast.read()
  tickMs.push(performance.now() - tickStartedMs)
  if (!reading.ok) throw new Error(reading.error)
  if (i % 10 === 0) await pause(TICK_PAUSE_MS)
}
fast.dispose()

console.log(
  JSON.stringify({
    corePercent: ((used.user + used.system) / 1_000 / elapsedMs) * 100,
    snapshotsPerS: (seen / elapsedMs) * 1_000,
    processes,
    rssBytes,
    tickMs
  })
)
