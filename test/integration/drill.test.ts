import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { DrillReport } from '../../src/shared/model/guard.ts'
import type { GuardMode } from '../../src/shared/model/status.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { isAlive, until } from '../support/until.ts'

/** What other programs of this machine do to its memory may spoil a drill, which then says so. */
const TRIES = 5
/** A disturbed drill waits 30 s for memory that others have taken. */
const TRIES_MS = 300_000
const NOISE = /other programs|memory was really short/

let home: Home | null = null
let core: HeadlessCore | null = null

async function started(mode: GuardMode = 'balanced'): Promise<HeadlessCore> {
  home = makeHome({ version: 2, guard: { mode } })
  core = await startHeadless(home)
  const { client } = core
  // The first snapshot tells the reserve.
  await until('the first reading', async () => {
    const view = await client.call('guard.get', {})
    return view.ok && view.value.reserveBytes > 0
  })
  return core
}

afterEach(async () => {
  const sentinelPid = await sentinelOf(core)
  await core?.end()
  if (sentinelPid !== null) await until('the sentinel to end', () => !isAlive(sentinelPid), 30_000)
  expect(eaters(), 'processes of drills that are left').toEqual([])
  home?.remove()
  core = null
  home = null
})

async function sentinelOf(of: HeadlessCore | null): Promise<number | null> {
  const view = await of?.client.call('guard.get', {})
  return view?.ok === true ? view.value.sentinel.pid : null
}

/** Processes of this home's drills: their parent's environment is ours to know, their own says what they are. */
function eaters(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isAlive(pid))
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
        return args.some((arg) => arg.endsWith('drill-eater.js')) && (parent === core?.pid || parent === 1)
      } catch {
        return false
      }
    })
}

/** At 100 MB it has begun, and has told the kernel when to end it. */
const takingMemory = (): Promise<number> =>
  until('memory to be taken', () =>
    eaters().find((pid) => /^RssAnon:\s+[1-9]\d{5,} kB/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
  )

const drill = async (of: HeadlessCore): Promise<DrillReport> => {
  const done = await of.client.call('guard.drill', {})
  if (!done.ok) throw new Error(`${done.error.message} ${done.error.detail ?? ''}`)
  return done.value as DrillReport
}

/** A drill in a minute in which other programs are quiet. */
async function undisturbed(of: HeadlessCore): Promise<DrillReport> {
  let report = await drill(of)
  for (let left = TRIES - 1; left > 0 && !report.passed && NOISE.test(report.text); left -= 1) {
    report = await drill(of)
  }
  return report
}

describe('a fire drill on this machine', () => {
  it('warns, freezes and stops, and its report names the times', { timeout: TRIES_MS }, async () => {
    const running = await started()
    const report = await undisturbed(running)
    expect(report.text).toMatch(
      /^Warned after [\d.]+ s, paused after [\d.]+ s, stopped after [\d.]+ s; [\d.]+ [MG]iB came back\.$/
    )
    expect(report.passed).toBe(true)
    const { warnedAtS, frozenAtS, stoppedAtS, memoryBackAtS } = report
    const times = [warnedAtS, frozenAtS, stoppedAtS, memoryBackAtS]
    expect(times).toEqual(times.toSorted((a, b) => (a ?? 0) - (b ?? 0)))
    expect(times).not.toContain(null)
    expect(report.takenBytes).toBeLessThanOrEqual(report.boundBytes)
    expect(report.boundBytes).toBeLessThanOrEqual(1024 ** 3)
    expect(report.curve.length).toBeGreaterThan(10)
    expect(report.curve.length).toBeLessThanOrEqual(200)

    const view = await running.client.call('guard.get', {})
    if (!view.ok) throw new Error(view.error.message)
    // A drill is no incident, and nothing stays armed or on show after it.
    expect(view.value).toMatchObject({ drillRunning: false, lastDrill: report, ask: null })
    expect(await running.client.call('incidents.list', {})).toEqual({ ok: true, value: [] })
    expect(eaters()).toEqual([])

    const folder = join(home?.dir ?? '', 'data', 'drills')
    const [name = ''] = readdirSync(folder)
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    const reports = await running.client.call('guard.drills', {})
    expect(reports.ok && reports.value[0]).toEqual(report)
  })

  it.each(['off', 'observe'] as const)(
    'works in the mode %s, which does nothing else',
    { timeout: TRIES_MS },
    async (mode) => {
      const report = await undisturbed(await started(mode))
      expect(report.text).toMatch(/^Warned after .* paused after .* stopped after /)
      expect(report.passed).toBe(true)
    }
  )

  it('is refused while another runs', async () => {
    const running = await started()
    const first = running.client.call('guard.drill', {})
    const second = await running.client.call('guard.drill', {})
    expect(second.ok ? null : second.error.code).toBe('already-running')
    const done = await first
    expect(done.ok).toBe(true)
  })

  it('says so when its process is ended by somebody else', async () => {
    const running = await started()
    const done = running.client.call('guard.drill', {})
    const pid = await takingMemory()
    process.kill(pid, 'SIGKILL')
    const report = await done
    if (!report.ok) throw new Error(report.error.message)
    expect(report.value.passed).toBe(false)
    expect(report.value.text).toContain('ended before the guard stopped it (it was ended by SIGKILL)')
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no process when the core ends by %s', async (signal) => {
    const running = await started()
    const broken = running.client.call('guard.drill', {})
    const pid = await takingMemory()
    // Frozen as by the guard: it can do nothing for its end any more.
    process.kill(pid, 'SIGSTOP')
    const sentinelPid = await sentinelOf(running)
    await running.end(signal)
    expect((await broken).ok).toBe(false)
    await until('the drill’s process to end', () => !isAlive(pid))
    if (sentinelPid !== null) await until('the sentinel to end', () => !isAlive(sentinelPid), 30_000)
    core = null
  })
})
