import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, round, runBench, type BenchContext, type Row } from './harness.ts'
import { connectCore, SENTINEL_ENTRY } from './reaction/sentinel.ts'
import { cpuSeconds } from './sampler/process-cost.ts'

// What the core costs with no window, its sentinel and its probe: proportional memory, together and alone, CPU at rest,
// and whether the sentinel grows.

const ENTRY = join(import.meta.dirname, '..', 'out', 'main', 'headless.js')
const READY_DEADLINE_MS = 30_000
/** Start-up work (settings, facts, first compilation) is over by then. */
const SETTLE_MS = 10_000
const PROBE_DEADLINE_MS = 15_000
const EXIT_DEADLINE_MS = 10_000
const POLL_MS = 20
const MIB = 1024 * 1024
const TICKS = join(import.meta.dirname, 'footprint', 'ticks.ts')
/** As the core starts its sentinel. */
const SENTINEL_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1']

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function pssMib(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1]
  if (kib === undefined) throw new Error(`no PSS of process ${pid}`)
  return (Number(kib) * 1024) / MIB
}

/** Children of `pid` whose command line names `entry`. */
function childrenRunning(pid: number, entry: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      const stat = read(`/proc/${child}/stat`)
      const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
      return Number(parent) === pid && (read(`/proc/${child}/cmdline`) ?? '').includes(entry)
    })
}

/** Processor time of all its threads, to the nanosecond: at a few ms a minute the ticks of stat are too coarse. */
function runtimeSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map(
    (thread) => (read(`/proc/${pid}/task/${thread}/schedstat`) ?? '0').split(' ')[0]
  )
  return nanoseconds.reduce((sum, own) => sum + Number(own), 0) / 1e9
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended with its core.
  }
}

async function waitFor<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T | null> | T | null
): Promise<T> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs / 1000} s`)
    await pause(POLL_MS)
  }
}

const accepts = (socketPath: string): Promise<true | null> =>
  new Promise((done) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(null))
  })

/** The sentinel that a core with this runtime folder has started; it is nobody's child. */
function sentinelOf(runtimeDir: string): number | null {
  const socketPath = join(runtimeDir, 'sentinel.sock')
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => (read(`/proc/${pid}/cmdline`) ?? '').split('\0').includes(socketPath))
  return found === undefined ? null : Number(found)
}

/** The sentinel on a copy of Node of its own, with nobody armed but watched by a core: this process. */
async function measureAlone(context: BenchContext): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-sentinel-'))
  context.atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const node = join(folder, 'node')
  cpSync(process.execPath, node, { dereference: true })
  const socketPath = join(folder, 's')
  const child = spawn(node, [...SENTINEL_FLAGS, SENTINEL_ENTRY, '--socket', socketPath], { stdio: 'ignore' })
  context.atEnd(() => child.kill('SIGKILL'))
  await waitFor('the sentinel listens', READY_DEADLINE_MS, () => (existsSync(socketPath) ? true : null))
  const core = await connectCore(socketPath)
  const arm = (): void => core.send({ type: 'arm', sequence: 1, holders: [], watches: [] })
  arm()
  await pause(SETTLE_MS)
  const pss = pssMib(child.pid ?? -1)
  core.close()
  child.kill('SIGKILL')
  return pss
}

interface Growth {
  readonly ticks: number
  readonly tickUs: number
  readonly heapGrowthKib: number
  readonly rssGrowthKib: number
}

function measureGrowth(): Growth {
  const run = spawnSync(process.execPath, ['--expose-gc', '--max-semi-space-size=1', TICKS], {
    encoding: 'utf8'
  })
  if (run.status !== 0) throw new Error(`the sentinel's ticks failed:\n${run.stderr}`)
  return JSON.parse(run.stdout) as Growth
}

interface Core {
  readonly pid: number
  /** Its copy of Node, for who shall share pages with nobody. */
  readonly runtimeDir: string
  end(): Promise<void>
}

/**
 * The built core in folders of its own. It runs on a copy of the Node executable: pages of the one that runs this
 * benchmark would be counted as half each.
 */
async function startCore(context: BenchContext): Promise<Core> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-footprint-'))
  context.atEnd(() => rmSync(folder, { recursive: true, force: true }))
  const node = join(folder, 'node')
  cpSync(process.execPath, node, { dereference: true })
  const places = { RUNTIME: join(folder, 'run'), CONFIG: join(folder, 'config'), DATA: join(folder, 'data') }
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const [name, path] of Object.entries(places)) {
    mkdirSync(path, { mode: 0o700 })
    env[`FIREBREAK_${name}_DIR`] = path
  }
  const child = spawn(node, [ENTRY, '--no-web'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null
  context.atEnd(() => {
    if (!gone()) child.kill('SIGKILL')
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the core did not start')
  await waitFor('the core accepts connections', READY_DEADLINE_MS, () => {
    if (gone()) throw new Error(`the core ended at once:\n${errors}`)
    return accepts(join(places.RUNTIME, 'control.sock'))
  })
  return {
    pid,
    runtimeDir: places.RUNTIME,
    async end() {
      child.kill('SIGTERM')
      await waitFor('the core ends', EXIT_DEADLINE_MS, () => (gone() ? true : null))
    }
  }
}

await runBench({
  name: 'footprint',
  options: [
    { name: 'seconds', help: 'how long CPU at rest is measured', defaultValue: 60, min: 2, max: 3600 }
  ],
  async measure(context) {
    if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is missing; run 'npm run build' first`)
    const seconds = context.number('seconds')
    const core = await startCore(context)
    const probe = await waitFor(
      'the GPU probe runs',
      PROBE_DEADLINE_MS,
      () => childrenRunning(core.pid, 'gpu-probe')[0] ?? null
    )
    const sentinel = await waitFor('the sentinel runs', PROBE_DEADLINE_MS, () => sentinelOf(core.runtimeDir))
    context.atEnd(() => endQuietly(sentinel))
    context.say(`core ${core.pid}, probe ${probe}, sentinel ${sentinel}; settling`)
    await pause(SETTLE_MS)

    context.say(`CPU at rest over ${seconds} s`)
    const startedMs = performance.now()
    const coreBefore = cpuSeconds(core.pid, false)
    const probeBefore = cpuSeconds(probe, false)
    const sentinelBefore = runtimeSeconds(sentinel)
    await pause(seconds * 1_000)
    const elapsedS = (performance.now() - startedMs) / 1_000
    const percent = (before: number, pid: number): number =>
      ((cpuSeconds(pid, false) - before) / elapsedS) * 100
    const corePercent = percent(coreBefore, core.pid)
    const probePercent = percent(probeBefore, probe)
    const sentinelPercent = ((runtimeSeconds(sentinel) - sentinelBefore) / elapsedS) * 100
    const corePss = pssMib(core.pid)
    const probePss = pssMib(probe)
    const sentinelPss = pssMib(sentinel)

    // Between their ends and their restarts the core is alone; the kernel's word decides that it is.
    const beside = (): readonly number[] => {
      const again = sentinelOf(core.runtimeDir)
      return [...childrenRunning(core.pid, 'gpu-probe'), ...(again === null ? [] : [again])]
    }
    const alonePss = await waitFor('the core is alone', PROBE_DEADLINE_MS, () => {
      const others = beside()
      for (const pid of others) endQuietly(pid)
      if (others.length > 0) return null
      const pss = pssMib(core.pid)
      return beside().length > 0 ? null : pss
    })
    await core.end()

    context.say('the sentinel alone')
    const sentinelAlonePss = await measureAlone(context)
    context.say('100 000 ticks of the sentinel')
    const growth = measureGrowth()

    const rows: Row[] = [
      {
        what: 'core with probe',
        pss_mib: round(corePss, 1),
        core_percent: round(corePercent, 2),
        note: null
      },
      { what: 'probe', pss_mib: round(probePss, 1), core_percent: round(probePercent, 2), note: null },
      { what: 'core alone', pss_mib: round(alonePss, 1), core_percent: null, note: 'between two probes' },
      {
        what: 'sentinel with core and probe',
        pss_mib: round(sentinelPss, 1),
        core_percent: round(sentinelPercent, 3),
        note: null
      },
      { what: 'sentinel alone', pss_mib: round(sentinelAlonePss, 1), core_percent: null, note: null },
      {
        what: `sentinel after ${growth.ticks} ticks`,
        pss_mib: null,
        core_percent: null,
        note: `heap ${round(growth.heapGrowthKib, 0)} KiB more, RSS ${round(growth.rssGrowthKib, 0)} KiB more; ${round(growth.tickUs, 1)} µs per tick at full speed`
      }
    ]
    return {
      figures: {
        core_pss_mib: round(corePss, 1),
        probe_pss_mib: round(probePss, 1),
        core_alone_pss_mib: round(alonePss, 1),
        sentinel_pss_mib: round(sentinelPss, 1),
        sentinel_alone_pss_mib: round(sentinelAlonePss, 1),
        sentinel_core_percent: round(sentinelPercent, 3),
        core_idle_core_percent: round(corePercent, 2)
      },
      rows
    }
  }
})
