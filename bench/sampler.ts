import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { percentile, round, runBench, type BenchContext } from './harness.ts'

// What the sampler costs with 500 processes more than the machine has, beside systeminformation doing the same.

const PROCESSES = 500
/** Should this process be killed outright, the sleepers end by themselves. */
const SLEEPER_LIFE_S = 900
const SPAWN_DEADLINE_MS = 30_000
const MIB = 1024 * 1024

interface ChildReport {
  readonly corePercent: number
  readonly snapshotsPerS: number
  readonly processes: number
  readonly rssBytes: number
  readonly tickMs?: readonly number[]
}

const countProcesses = (): number => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length

async function spawnSleepers(context: BenchContext): Promise<void> {
  const before = countProcesses()
  const pids: number[] = []
  context.atEnd(() => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended already.
      }
    }
  })
  for (let i = 0; i < PROCESSES; i++) {
    const sleeper = spawn('sleep', [String(SLEEPER_LIFE_S)], { stdio: 'ignore' })
    sleeper.unref()
    if (sleeper.pid !== undefined) pids.push(sleeper.pid)
    await new Promise<void>((done, failed) => sleeper.once('spawn', done).once('error', failed))
  }
  const deadline = performance.now() + SPAWN_DEADLINE_MS
  while (countProcesses() < before + PROCESSES) {
    if (performance.now() > deadline) throw new Error(`only ${countProcesses() - before} of ${PROCESSES} run`)
    await new Promise((done) => setImmediate(done))
  }
}

/** Runs one child to its end; what it writes on stdout is its report. */
function report(context: BenchContext, file: string, ...args: string[]): Promise<ChildReport> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'sampler', file), ...args], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    context.atEnd(() => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.once('error', failed)
    child.once('close', (code) => {
      if (code === 0) done(JSON.parse(text) as ChildReport)
      else failed(new Error(`${file} ended with ${code}`))
    })
  })
}

const row = (what: string, child: ChildReport) => ({
  what,
  core_percent: round(child.corePercent, 3),
  snapshots_per_s: round(child.snapshotsPerS, 2),
  processes_seen: child.processes,
  rss_mib: round(child.rssBytes / MIB, 1)
})

await runBench({
  name: 'sampler',
  options: [{ name: 'seconds', help: 'how long each is measured', defaultValue: 20, min: 2, max: 600 }],
  async measure(context) {
    const seconds = String(context.number('seconds'))
    context.say('the sampler with the processes there are')
    const bare = await report(context, 'firebreak-child.ts', seconds, 'calm')
    context.say(`starting ${PROCESSES} processes`)
    await spawnSleepers(context)
    context.say('the sampler at 1 Hz')
    const calm = await report(context, 'firebreak-child.ts', seconds, 'calm')
    context.say('the sampler at 4 Hz, as while a model loads')
    const loading = await report(context, 'firebreak-child.ts', seconds, 'loading')
    context.say('systeminformation at 1 Hz')
    const si = await report(context, 'systeminformation-child.ts', seconds)
    const ticks = calm.tickMs ?? []
    return {
      figures: {
        tick_ms_median: round(percentile(ticks, 50), 4),
        tick_ms_p99: round(percentile(ticks, 99), 4),
        core_percent_1hz_500_processes: round(calm.corePercent, 3),
        si_core_percent_1hz_500_processes: round(si.corePercent, 2),
        rss_mib: round(calm.rssBytes / MIB, 1)
      },
      rows: [
        row('firebreak, 500 processes, 1 Hz', calm),
        row('systeminformation, 500 processes, 1 Hz', si),
        row('firebreak, 500 processes, loading (4 Hz)', loading),
        row('firebreak, no extra processes, 1 Hz', bare)
      ]
    }
  }
})
