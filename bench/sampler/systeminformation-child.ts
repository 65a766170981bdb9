// The same readings at 1 Hz with systeminformation, in a process of its own; the tools it spawns count. argv: seconds.
import si from 'systeminformation'
import { pause } from '../harness.ts'
import { cpuSeconds } from './process-cost.ts'

const INTERVAL_MS = 1_000
const WARM_UP_ROUNDS = 3

const seconds = Number(process.argv[2])
let processes = 0

async function sampleOnce(): Promise<void> {
  const startedMs = performance.now()
  await si.mem()
  processes = (await si.processes()).all
  await si.currentLoad()
  await si.fsStats()
  await si.networkStats()
  await pause(Math.max(0, INTERVAL_MS - (performance.now() - startedMs)))
}

for (let i = 0; i < WARM_UP_ROUNDS; i++) await sampleOnce()
const startedMs = performance.now()
const before = cpuSeconds('self', true)
let rounds = 0
while (performance.now() - startedMs < seconds * 1_000) {
  await sampleOnce()
  rounds++
}
const elapsedS = (performance.now() - startedMs) / 1_000
console.log(
  JSON.stringify({
    corePercent: ((cpuSeconds('self', true) - before) / elapsedS) * 100,
    snapshotsPerS: rounds / elapsedS,
    processes,
    rssBytes: process.memoryUsage.rss()
  })
)
