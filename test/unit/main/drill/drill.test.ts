import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDrill, type DrillPorts } from '../../../../src/main/drill/drill.ts'
import type { Drill } from '../../../../src/main/drill/types.ts'
import { systemClock } from '../../../../src/main/platform/system.ts'
import type { DrillReport, GuardEvent } from '../../../../src/shared/model/guard.ts'
import type { GuardLevel } from '../../../../src/shared/model/status.ts'
import { createEmitter } from '../../../../src/shared/util/emitter.ts'
import { sampleDrill, sampleGuardView } from '../../../support/fake-guard.ts'
import { isAlive, until } from '../../../support/until.ts'

const MIB = 1024 ** 2
const EATER = resolve(import.meta.dirname, '../../../../src/main/drill/eater.ts')
type Watch = Parameters<DrillPorts['guard']['watch']>[0]

let dir = ''
const drills: Drill[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-drill-'))
  symlinkSync(EATER, join(dir, 'drill-eater.js'))
})
afterEach(async () => {
  for (const one of drills.splice(0)) {
    const pid = one.holder()?.pids[0]
    one.dispose()
    if (pid !== undefined) await until('the drill’s process to end', () => !isAlive(pid))
  }
  rmSync(dir, { recursive: true, force: true })
})

/** A guard whose acts the test decides; memory is what the drill's own process leaves of 640 MiB above the reserve. */
function made(level: GuardLevel = 'calm', freeBytes = 640 * MIB) {
  const events = createEmitter<GuardEvent>((error) => {
    throw error
  })
  const watches: Watch[] = []
  let sequence = 0
  const reserveBytes = 1024 * MIB
  const rssOf = (pid: number): number => {
    try {
      return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
    } catch {
      return 0
    }
  }
  const drill = createDrill({
    places: { nodePath: process.execPath, entryDir: dir, procRoot: '/proc', dataDir: dir },
    clock: systemClock,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    guard: {
      status: () => ({
        mode: 'off',
        level,
        reasons: [],
        reserveBytes,
        floorBytes: 0,
        secondsToEmpty: null
      }),
      sentinel: () => sampleGuardView.sentinel,
      watch(watch) {
        watches.push(watch)
        return {
          status: () => ({
            id: watch.id,
            level: 'calm',
            reasons: [],
            secondsToEmpty: null,
            ask: null,
            holdLaunches: false
          }),
          dispose: () => watches.splice(0)
        }
      },
      onEvent: (listener) => events.on(listener)
    },
    availableBytes: () => reserveBytes + freeBytes - rssOf(drill.holder()?.pids[0] ?? -1)
  })
  drills.push(drill)
  const tell = (kind: GuardEvent['kind'], more: Partial<GuardEvent> = {}): void => {
    sequence += 1
    events.emit({
      sequence,
      atMs: Date.now(),
      monotonicMs: performance.now(),
      watchId: 'drill',
      kind,
      victimId: watches[0]?.victims[0]?.id ?? 'drill',
      label: 'Fire drill',
      reasons: [],
      availableBytes: 1024 * MIB,
      floorBytes: 1024 * MIB,
      secondsToEmpty: null,
      bytes: 128 * MIB,
      ...more
    })
  }
  /** Its memory, once this much of it is taken. */
  const taken = (mib: number): Promise<number> =>
    until(`${mib} MiB to be taken`, () => {
      const pid = drill.holder()?.pids[0]
      return pid !== undefined && rssOf(pid) > mib * MIB ? pid : null
    })
  return { drill, watches, tell, taken }
}

describe('a drill', { timeout: 30_000 }, () => {
  it('arms its process alone, with thresholds inside its bound, and proves what the guard did', async () => {
    const { drill, watches, tell, taken } = made()
    const changes: boolean[] = []
    drill.onChange(() => changes.push(drill.running))
    const done = drill.run()
    const pid = await taken(100)
    const [watch] = watches
    expect(watches).toHaveLength(1)
    expect(watch).toMatchObject({ id: 'drill', policy: { mode: 'balanced', answerMs: 3000 } })
    expect(watch?.victims.flatMap(({ processes }) => processes.map((one) => one.pid))).toEqual([pid])
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000')
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toMatch(/FIREBREAK_RUNNER=built-in\/drill:/)
    expect(drill.holder()).toEqual({ id: 'drill', label: 'Fire drill', pids: [pid] })

    tell('warn')
    tell('freeze')
    process.kill(pid, 'SIGSTOP')
    tell('kill')
    process.kill(pid, 'SIGKILL')
    tell('gone')
    tell('memory-back', { bytes: 5000 * MIB })
    const result = await done
    if (!result.ok) throw new Error(result.error.message)
    expect(result.value).toMatchObject({ passed: true, id: watch?.victims[0]?.id, boundBytes: 160 * MIB })
    // Others gave back more than the drill had taken: that is not the drill's.
    expect(result.value.returnedBytes).toBe(result.value.takenBytes)
    expect(result.value.takenBytes).toBeLessThanOrEqual(160 * MIB)
    expect(drill.reports()).toEqual([result.value])
    expect([drill.running, drill.holder(), isAlive(pid)]).toEqual([false, null, false])
    expect([changes[0], changes.at(-1)]).toEqual([true, false])
    expect(watches).toEqual([])
  })

  it('never takes more than its bound, and ends by itself when nothing is done about it', async () => {
    const { drill, taken } = made()
    const done = drill.run()
    const pid = await taken(150)
    const result = await done
    expect(result.ok && result.value.takenBytes).toBe(160 * MIB)
    expect(result.ok && result.value).toMatchObject({
      passed: false,
      text: expect.stringMatching(/^The guard did not warn within/)
    })
    expect(isAlive(pid)).toBe(false)
  })

  it('is not passed when somebody else was stopped', async () => {
    const { drill, tell, taken } = made()
    const done = drill.run()
    const pid = await taken(60)
    tell('warn')
    tell('kill', { watchId: 'main', victimId: 'tiny', label: 'tiny' })
    tell('freeze')
    tell('kill')
    process.kill(pid, 'SIGKILL')
    tell('memory-back')
    const result = await done
    expect(result.ok && result.value).toMatchObject({
      passed: false,
      text: expect.stringContaining('had to act on tiny')
    })
  })

  it('runs once at a time, and ends with its core, frozen or not', async () => {
    const { drill, taken } = made()
    const done = drill.run()
    const second = await drill.run()
    expect(second.ok ? null : second.error.code).toBe('already-running')
    const pid = await taken(60)
    process.kill(pid, 'SIGSTOP')
    drill.dispose()
    const result = await done
    expect(result.ok ? null : result.error.code).toBe('refused')
    expect(isAlive(pid)).toBe(false)
    expect(drill.reports()).toEqual([])
  })
})

describe('a drill that would not be right now', { timeout: 30_000 }, () => {
  it.each(['warn', 'act', 'emergency'] as const)('is refused at the level %s', async (level) => {
    const result = await made(level).drill.run()
    expect(result.ok ? null : result.error.code).toBe('refused')
  })

  it('is refused where it could hurt', async () => {
    const result = await made('calm', 500 * MIB).drill.run()
    expect(result.ok ? null : result.error.message).toMatch(/too little free memory/)
  })

  it('says so when its process cannot be started', async () => {
    rmSync(join(dir, 'drill-eater.js'))
    const { drill } = made()
    const result = await drill.run()
    expect(result.ok ? null : result.error).toMatchObject({ code: 'runner-failed' })
    expect(drill.running).toBe(false)
  })
})

it('keeps the last 20 reports, newest first, and survives a broken one', { timeout: 30_000 }, async () => {
  mkdirSync(join(dir, 'drills'))
  for (let at = 1; at <= 20; at += 1) {
    const report: DrillReport = { ...sampleDrill, id: `drill-${at}`, atMs: at }
    writeFileSync(join(dir, 'drills', `${report.id}.json`), JSON.stringify(report))
  }
  writeFileSync(join(dir, 'drills', 'drill-0.json'), '{')
  const { drill, tell, taken } = made()
  expect(drill.reports().map(({ atMs }) => atMs)).toEqual(Array.from({ length: 20 }, (_, at) => 20 - at))
  const done = drill.run()
  const pid = await taken(60)
  tell('warn')
  process.kill(pid, 'SIGKILL')
  const result = await done
  expect(result.ok && result.value.text).toMatch(/ended before the guard stopped it/)
  expect(drill.reports()).toHaveLength(20)
  expect(drill.reports()[0]).toEqual(result.ok && result.value)
  expect(readdirSync(join(dir, 'drills')).filter((name) => name.endsWith('.json'))).toHaveLength(20)
})
