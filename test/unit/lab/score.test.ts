import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLog, type RunLog } from '../../lab/host/log.ts'
import { scoreRun, type RunScore } from '../../lab/host/score.ts'

function recorded(name: string): RunLog {
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/lab', `${name}.txt`), 'utf8')
  const parsed = parseLog(text)
  if (!parsed.ok) throw new Error(parsed.why)
  return parsed.log
}

const S = 1e6
const HOG_START_US = 30 * S

interface MadeRun {
  /** [second after the hog's start, what, who, pid] */
  readonly events: readonly (readonly [
    number,
    'died' | 'frozen' | 'thawed' | 'busy' | 'mark',
    string,
    number
  ])[]
  readonly kernel?: readonly string[]
  readonly desktop?: {
    readonly alive?: boolean
    readonly openUs?: number
    readonly lateUs?: readonly number[]
  }
  readonly hogPids?: readonly number[]
}

/** A run as the guest would tell it. The desktop is pid 10, the hog 20. */
function scoreOf({ events, kernel = [], desktop = {}, hogPids = [20] }: MadeRun): RunScore {
  const lines = [
    { us: 20 * S, event: 'watched', name: 'desktop', pid: 10 },
    ...hogPids.map((pid) => ({ us: HOG_START_US + 1000, event: 'watched', name: 'hog', pid })),
    ...events.map(([s, event, name, pid]) => ({ us: HOG_START_US + s * S, event, name, pid })),
    { us: HOG_START_US + S, available_kb: 512_000, free_kb: 1, gpu_kb: 1, full_us: 0 },
    { us: HOG_START_US - S, available_kb: 1, free_kb: 1, gpu_kb: 1, full_us: 0 }
  ]
  const record = { pid: 10, alive: true, open_us: 0, held_bytes: 0, refused: 0 }
  const desktopRecord = {
    ...record,
    alive: desktop.alive ?? true,
    start_us: 20 * S,
    beat_us: HOG_START_US + 9 * S,
    open_us: desktop.openUs ?? 5000,
    late_us: desktop.lateUs ?? []
  }
  const hogRecord = { ...record, pid: 20, start_us: HOG_START_US, beat_us: HOG_START_US, late_us: [] }
  const text = [
    `@record:desktop ${JSON.stringify(desktopRecord)}`,
    `@record:hog ${JSON.stringify(hogRecord)}`,
    '@BEGIN watch',
    ...lines.map((line) => JSON.stringify(line)),
    '@END watch',
    '@BEGIN kernel',
    ...kernel,
    '@END kernel',
    '@done 60',
    ''
  ].join('\n')
  const parsed = parseLog(text)
  const score = parsed.ok ? scoreRun(parsed.log) : null
  if (score === null) throw new Error('the made-up run is void')
  return score
}

const killed = (pid: number, name: string): string =>
  `[   40.000000] Out of memory: Killed process ${pid} (${name}) total-vm:1kB`

describe('recorded runs', () => {
  it('without a guard the desktop dies first, of the kernel’s choice', () => {
    expect(scoreRun(recorded('user-slice.none'))).toMatchObject({
      desktopSurvived: false,
      protectedSurvived: false,
      hogStopped: false,
      hogKilledByKernel: false,
      actedAtS: null,
      wrongVictims: ['desktop', 'gnome-shell']
    })
  })

  it('with Firebreak the hog is frozen, then ended, and nobody else is harmed', () => {
    const score = scoreRun(recorded('user-slice.firebreak'))
    expect(score).toMatchObject({
      desktopSurvived: true,
      protectedSurvived: true,
      hogStopped: true,
      hogKilledByKernel: false,
      wrongVictims: []
    })
    expect(score?.actedAtS).toBeLessThan(score?.hogEndedAtS ?? 0)
    expect(score?.minAvailableMib).toBeGreaterThan(192)
  })
})

describe('who stopped whom', () => {
  it('a hog that the kernel killed was not stopped', () => {
    const score = scoreOf({ events: [[9, 'died', 'hog', 20]], kernel: [killed(20, 'gpuhog')] })
    expect(score).toMatchObject({
      hogStopped: false,
      hogKilledByKernel: true,
      actedAtS: null,
      hogEndedAtS: 9
    })
  })

  it('a hog that is frozen at the end was stopped; one that was thawed and lives was not', () => {
    const frozen = scoreOf({
      events: [
        [5, 'frozen', 'hog', 20],
        [6, 'busy', 'hog', 20]
      ]
    })
    expect(frozen).toMatchObject({ hogStopped: true, actedAtS: 5 })
    const thawed = scoreOf({
      events: [
        [5, 'frozen', 'hog', 20],
        [6, 'thawed', 'hog', 20]
      ]
    })
    expect(thawed).toMatchObject({ hogStopped: false, actedAtS: 5, hogEndedAtS: null })
  })

  it('a hog of two processes is gone when both are', () => {
    const hogPids = [20, 21]
    expect(scoreOf({ hogPids, events: [[5, 'died', 'hog', 20]] }).hogStopped).toBe(false)
    const both = scoreOf({
      hogPids,
      events: [
        [5, 'died', 'hog', 20],
        [5.1, 'died', 'hog', 21]
      ]
    })
    expect(both).toMatchObject({ hogStopped: true, hogEndedAtS: 5.1 })
  })

  it('a freeze of somebody else is a wrong victim, but no death', () => {
    const score = scoreOf({ events: [[4, 'frozen', 'pipewire', 30]] })
    expect(score).toMatchObject({ wrongVictims: ['pipewire'], protectedSurvived: true, actedAtS: 4 })
  })

  it('what the case does to Firebreak itself is nobody’s fault, and its sentinel’s death is', () => {
    const score = scoreOf({
      events: [
        [3, 'mark', 'kill-core', 0],
        [3, 'died', 'firebreak-headless', 40],
        [3.1, 'died', 'firebreak-gpu-probe', 41],
        [5, 'died', 'firebreak-sentinel', 42]
      ]
    })
    expect(score).toMatchObject({
      wrongVictims: ['firebreak-sentinel'],
      protectedSurvived: true,
      actedAtS: null
    })
  })

  it('what was before the hog counts for nothing', () => {
    expect(scoreOf({ events: [[-1, 'died', 'sshd', 31]] })).toMatchObject({
      wrongVictims: [],
      minAvailableMib: 500
    })
  })
})

describe('the desktop’s worst stall', () => {
  it('is the latest tick from the second of the hog’s start on', () => {
    const lateUs = [...Array<number>(10).fill(900_000), 4000, 61_000, 2000]
    expect(scoreOf({ events: [], desktop: { lateUs } }).worstStallMs).toBe(61)
  })

  it('counts the tick that has not come when the run ends', () => {
    expect(scoreOf({ events: [], desktop: { openUs: 700_000 } }).worstStallMs).toBe(700)
  })

  it('lasts until the death of a desktop that dies', () => {
    const desktop = { alive: false, openUs: 0 }
    const events = [[9.5, 'died', 'desktop', 10]] as const
    expect(scoreOf({ events, desktop })).toMatchObject({ desktopSurvived: false, worstStallMs: 500 })
  })
})
