import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, round, runBench, type BenchContext, type Row } from './harness.ts'
import { cpuSeconds } from './sampler/process-cost.ts'

// What the core costs with no window: proportional memory, with the probe and alone, and CPU at rest.

const ENTRY = join(import.meta.dirname, '..', 'out', 'main', 'headless.js')
const READY_DEADLINE_MS = 30_000
/** Start-up work (settings, facts, first compilation) is over by then. */
const SETTLE_MS = 10_000
const PROBE_DEADLINE_MS = 15_000
const EXIT_DEADLINE_MS = 10_000
const POLL_MS = 20
const MIB = 1024 * 1024

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

interface Core {
  readonly pid: number
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
    context.say(`core ${core.pid}, probe ${probe}; settling`)
    await pause(SETTLE_MS)

    context.say(`CPU at rest over ${seconds} s`)
    const startedMs = performance.now()
    const coreBefore = cpuSeconds(core.pid, false)
    const probeBefore = cpuSeconds(probe, false)
    await pause(seconds * 1_000)
    const elapsedS = (performance.now() - startedMs) / 1_000
    const percent = (before: number, pid: number): number =>
      ((cpuSeconds(pid, false) - before) / elapsedS) * 100
    const corePercent = percent(coreBefore, core.pid)
    const probePercent = percent(probeBefore, probe)
    const corePss = pssMib(core.pid)
    const probePss = pssMib(probe)

    // Between the probe's end and its restart the core is alone; the kernel's word decides that it is.
    process.kill(probe, 'SIGKILL')
    const alonePss = await waitFor('the core is alone', PROBE_DEADLINE_MS, () => {
      if (childrenRunning(core.pid, 'gpu-probe').length > 0) return null
      const pss = pssMib(core.pid)
      return childrenRunning(core.pid, 'gpu-probe').length > 0 ? null : pss
    })
    await core.end()

    const rows: Row[] = [
      {
        what: 'core with probe',
        pss_mib: round(corePss, 1),
        core_percent: round(corePercent, 2),
        note: null
      },
      { what: 'probe', pss_mib: round(probePss, 1), core_percent: round(probePercent, 2), note: null },
      { what: 'core alone', pss_mib: round(alonePss, 1), core_percent: null, note: 'between two probes' },
      { what: 'sentinel', pss_mib: null, core_percent: null, note: 'not there yet; its figures are left out' }
    ]
    return {
      figures: {
        core_pss_mib: round(corePss, 1),
        probe_pss_mib: round(probePss, 1),
        core_alone_pss_mib: round(alonePss, 1),
        core_idle_core_percent: round(corePercent, 2)
      },
      rows
    }
  }
})
