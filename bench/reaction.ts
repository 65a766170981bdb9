import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Watch } from '../src/main/sentinel/protocol.ts'
import { pause, percentile, round, runBench, type BenchContext, type Row } from './harness.ts'
import type { Timeline } from './reaction/eater.ts'
import { startBenchSentinel, startTicksOf, type BenchSentinel } from './reaction/sentinel.ts'

// From the moment memory crosses a threshold to the signal delivered: real processes, real memory, one fall after the
// other. Each fall crosses eight thresholds; each threshold has a process of its own to be stopped.

const EATER = join(import.meta.dirname, 'reaction', 'eater.ts')
const PROBE = join(import.meta.dirname, '..', 'out', 'main', 'gpu-probe.js')
const MIB = 1024 ** 2
const THRESHOLDS = 8
/** Before the first threshold: the guard believes a fall after a quarter of a second. */
const LEAD_MIB = 256
const BETWEEN_MIB = 64
const RATE_MIB_PER_S = 512
const BUSY_LOOPS = 6
/** Beyond the last threshold: a fall that ends with it would end before it can be believed. */
const TAIL_MIB = 320
/** A crossing without a signal by then counts as this long. */
const GIVE_UP_MS = 2_000
/** What was started and ended to arm is over by then: memory that rose in the last second is noise to the guard. */
const SETTLE_MS = 1_100
const NOBODY = 65_534

interface Contestant {
  readonly name: string
  readonly sentinel: BenchSentinel
  readonly latenciesMs: number[]
  missed: number
}

interface Eater {
  ask<T>(command: unknown): Promise<T>
}

function startEater(context: BenchContext): Promise<Eater> {
  const child = spawn(process.execPath, [EATER], { stdio: ['pipe', 'pipe', 'inherit'] })
  context.atEnd(() => child.kill('SIGKILL'))
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', () => reject(new Error('the process that takes memory ended')))
  )
  ended.catch(() => undefined)
  const answers: unknown[] = []
  const waiting: ((answer: unknown) => void)[] = []
  let pending = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      const next = waiting.shift()
      if (next === undefined) answers.push(JSON.parse(line))
      else next(JSON.parse(line))
    }
  })
  const answer = <T>(): Promise<T> =>
    new Promise((done) => {
      const waits = answers.shift()
      if (waits === undefined) waiting.push(done as (answer: unknown) => void)
      else done(waits as T)
    })
  const eater: Eater = {
    ask<T>(command: unknown): Promise<T> {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      return Promise.race([ended, answer<T>()])
    }
  }
  return answer().then(() => eater)
}

/** A fall must be real for the guard to act, and acts are expected: 'relaxed' acts when the floor itself is crossed. */
function watchFor(name: string, floorBytes: number, victim: ChildProcess): Watch {
  const pid = victim.pid ?? -1
  return {
    id: name,
    policy: {
      mode: 'relaxed',
      reserveBytes: floorBytes + BETWEEN_MIB * MIB,
      floorBytes,
      restsAtBytes: 'unknown',
      answerMs: null
    },
    victims: [
      {
        id: name,
        label: name,
        bytes: 64 * MIB,
        stopLatencyMs: 100,
        graceMs: 1_000,
        shrinkableBytes: 0,
        processes: [{ pid, startTicks: startTicksOf(pid) }],
        groupLeaders: [],
        cgroupDir: null
      }
    ]
  }
}

let falls = 0

/** One fall through every threshold, seen by all contestants at once. */
async function fall(eater: Eater, contestants: readonly Contestant[]): Promise<void> {
  const { availableBytes } = await eater.ask<{ availableBytes: number }>('free')
  const floors = Array.from(
    { length: THRESHOLDS },
    (_, i) => availableBytes - (LEAD_MIB + i * BETWEEN_MIB) * MIB
  )
  const id = (i: number): string => `fall ${falls}, threshold ${i}`
  falls++
  const victims: ChildProcess[] = []
  for (const { sentinel } of contestants) {
    const { uid } = sentinel
    const own = floors.map(() =>
      spawn('sleep', ['60'], { stdio: 'ignore', ...(uid === undefined ? {} : { uid, gid: uid }) })
    )
    victims.push(...own)
    await sentinel.arm(floors.map((floor, i) => watchFor(id(i), floor, own[i]!)))
  }
  await pause(SETTLE_MS)
  const depthMib = LEAD_MIB + THRESHOLDS * BETWEEN_MIB + TAIL_MIB
  const { timeline } = await eater.ask<{ timeline: Timeline }>({ rateMibPerS: RATE_MIB_PER_S, depthMib })
  const crossedMs = floors.map((floor) => timeline.find(([, available]) => available < floor)?.[0] ?? null)
  const deadline = performance.now() + GIVE_UP_MS
  for (const contestant of contestants) {
    for (const [i, crossed] of crossedMs.entries()) {
      if (crossed === null) continue
      for (;;) {
        const events = await contestant.sentinel.events()
        const event = events.find(
          ({ watchId, kind }) =>
            watchId === id(i) && (kind === 'freeze' || kind === 'terminate' || kind === 'kill')
        )
        if (event !== undefined) {
          contestant.latenciesMs.push(Math.max(0, event.monotonicMs - crossed))
          break
        }
        if (performance.now() > deadline) {
          contestant.missed++
          contestant.latenciesMs.push(GIVE_UP_MS)
          break
        }
        await pause(5)
      }
    }
  }
  for (const victim of victims) victim.kill('SIGKILL')
}

await runBench({
  name: 'reaction',
  options: [{ name: 'crossings', help: 'of each condition', defaultValue: 200, min: 8, max: 5_000 }],
  async measure(context) {
    const crossings = context.number('crossings')
    const isRoot = process.getuid?.() === 0
    const eater = await startEater(context)
    const rows: Row[] = []
    const figures: Record<string, number> = {}

    const pass = async (conditions: readonly (readonly [name: string, sentinel: BenchSentinel])[]) => {
      const contestants = conditions.map(([name, sentinel]) => ({
        name,
        sentinel,
        latenciesMs: [],
        missed: 0
      }))
      for (const { sentinel } of contestants) context.atEnd(() => sentinel.end())
      const names = contestants.map(({ name }) => name).join(', ')
      context.say(`${names}: ${crossings} crossings`)
      while (contestants.some(({ latenciesMs }) => latenciesMs.length < crossings)) {
        await fall(eater, contestants)
      }
      for (const { name, sentinel, latenciesMs, missed } of contestants) {
        const status = sentinel.status()
        rows.push({
          condition: name,
          crossings: latenciesMs.length,
          p50_ms: round(percentile(latenciesMs, 50), 1),
          p99_ms: round(percentile(latenciesMs, 99), 1),
          max_ms: round(Math.max(...latenciesMs), 1),
          missed,
          rights: status?.rights ?? null,
          memory_locked: status?.memoryLocked ?? null,
          priority_raised: status?.priorityRaised ?? null
        })
        figures[`${name}_p99_ms`] = round(percentile(latenciesMs, 99), 1)
        if (name === 'idle') figures['idle_p50_ms'] = round(percentile(latenciesMs, 50), 1)
        sentinel.end()
      }
    }

    await pass([['idle', await startBenchSentinel('well')]])

    const busy = Array.from({ length: BUSY_LOOPS }, () =>
      spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' })
    )
    const endBusy = (): void => {
      for (const loop of busy) loop.kill('SIGKILL')
    }
    context.atEnd(endBusy)
    await pass([
      ['loaded', await startBenchSentinel('well')],
      // As root the same sentinel without any rights runs as nobody; else the first one has none either.
      ['unprivileged_loaded', await startBenchSentinel('well', isRoot ? NOBODY : undefined)]
    ])
    endBusy()

    const probe = spawn(process.execPath, [PROBE], { stdio: ['pipe', 'ignore', 'ignore'] })
    context.atEnd(() => probe.kill('SIGKILL'))
    await pause(1_000)
    probe.kill('SIGSTOP')
    await pass([
      ['main_blocked', await startBenchSentinel('blocked')],
      ['app_killed', await startBenchSentinel('killed')],
      ['probe_hung', await startBenchSentinel('well')]
    ])
    return { figures, rows }
  }
})
