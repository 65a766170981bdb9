import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyMeasured, measuredOf } from '../../../../src/main/estimates/measured/apply-measured.ts'
import { createLearning } from '../../../../src/main/estimates/measured/learning.ts'
import { runKey } from '../../../../src/main/estimates/measured/run-key.ts'
import { openMeasured, type MeasuredRun } from '../../../../src/main/estimates/measured/store.ts'
import { bytesHeld } from '../../../../src/main/estimates/measured/watch-runs.ts'
import { totalOf } from '../../../../src/shared/domain/estimator/total.ts'
import type { Estimate, EstimatePart, EstimatePartId } from '../../../../src/shared/model/estimate.ts'
import type { LlamaCppProfile, RunnerView } from '../../../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'
import { sampleRunner } from '../../../support/fake-core.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const KEY = 'a'.repeat(32)

let dir: string
let warnings: string[]
const logger = {
  info: () => undefined,
  warn: (message: string) => void warnings.push(message),
  error: (message: string) => void warnings.push(message)
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-measured-'))
  warnings = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const profileOf = (
  more: Partial<LlamaCppProfile['settings']> = {},
  modelPath = '/m/x.gguf'
): LlamaCppProfile => ({
  id: 'x',
  label: 'X',
  kind: 'llamacpp',
  modelPath,
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  settings: { ...defaultLlamaCppSettings(), ...more }
})

describe('the store of what was measured', () => {
  const path = () => join(dir, 'measured.json')

  it('keeps the newest resting size and the highest peak, for the user alone', () => {
    const store = openMeasured(path(), logger)
    expect(store.get(KEY)).toBeNull()
    store.add(KEY, { restingBytes: 10, peakBytes: 30 }, 1, true)
    store.add(KEY, { restingBytes: 12, peakBytes: 20 }, 2, true)
    store.add(KEY, { restingBytes: 13, peakBytes: 20 }, 3, false)
    store.close()
    const expected = { key: KEY, restingBytes: 13, peakBytes: 30, runs: 2, lastAtMs: 3 }
    expect(openMeasured(path(), logger).get(KEY)).toEqual(expected)
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    expect(warnings).toEqual([])
  })

  it('forgets what was not used for longest', () => {
    const store = openMeasured(path(), logger)
    const key = (at: number): string => at.toString(16).padStart(32, '0')
    for (let at = 0; at < 500; at += 1) store.add(key(at), { restingBytes: at, peakBytes: at }, at, true)
    store.add(key(0), { restingBytes: 1, peakBytes: 1 }, 1, true)
    store.add(key(500), { restingBytes: 1, peakBytes: 1 }, 1, true)
    expect(store.get(key(0))).not.toBeNull()
    expect(store.get(key(1))).toBeNull()
    expect(store.get(key(2))).not.toBeNull()
    store.close()
  })

  it.each([
    ['no JSON', 'nonsense'],
    ['another version', '{"version":2,"entries":[]}'],
    [
      'a figure that cannot be',
      `{"version":1,"entries":[{"key":"${KEY}","restingBytes":-1,"peakBytes":1,"runs":1,"lastAtMs":0}]}`
    ],
    [
      'a key of another kind',
      '{"version":1,"entries":[{"key":"../x","restingBytes":1,"peakBytes":1,"runs":1,"lastAtMs":0}]}'
    ]
  ])('keeps a damaged file aside: %s', (_, text) => {
    writeFileSync(path(), text)
    const store = openMeasured(path(), logger)
    expect(store.get(KEY)).toBeNull()
    expect(readFileSync(`${path()}.broken`, 'utf8')).toBe(text)
    expect(warnings).toHaveLength(1)
    store.add(KEY, { restingBytes: 1, peakBytes: 2 }, 1, true)
    store.close()
    expect(openMeasured(path(), logger).get(KEY)?.peakBytes).toBe(2)
  })
})

describe('the key of a run', () => {
  it('changes with the model, its settings and the machine, and not with its port', async () => {
    const path = join(dir, 'm.gguf')
    writeFileSync(path, 'one')
    const key = (more: Partial<LlamaCppProfile['settings']> = {}, total = 1) =>
      runKey(profileOf(more, path), total)
    const first = await key()
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(await key({ port: 9000 })).toBe(first)
    expect(await key({ contextTokens: 4096 })).not.toBe(first)
    expect(await key({ extraArgs: ['--api-key', 'hunter2'] })).not.toContain('hunter2')
    expect(await key({}, 2)).not.toBe(first)
    utimesSync(path, 1, 1)
    expect(await key()).not.toBe(first)
    rmSync(path)
    expect(await key()).toBeNull()
  })
})

const part = (id: EstimatePartId, lowMib: number, mib: number, peakMib: number): EstimatePart => ({
  id,
  label: id,
  lowBytes: lowMib * MIB,
  expectedBytes: mib * MIB,
  peakBytes: peakMib * MIB,
  why: ''
})
function estimateOf(parts: readonly EstimatePart[], growthBytes = 0): Estimate {
  return {
    parts,
    total: totalOf(parts),
    growthBytes,
    source: 'formula',
    confidence: 'good',
    notes: [],
    bytesPerContextToken: null,
    activeWeightBytes: null
  }
}
const run = (restingMib: number, peakMib: number): MeasuredRun => ({
  key: KEY,
  restingBytes: restingMib * MIB,
  peakBytes: peakMib * MIB,
  runs: 2,
  lastAtMs: 7
})

describe('what was measured in an estimate', () => {
  const formula = estimateOf(
    [
      part('weights-device', 1000, 1000, 1000),
      part('compute-device', 100, 200, 260),
      part('prompt-cache', 0, 0, 1024),
      part('context', 150, 300, 500),
      part('load-transient', 0, 0, 400)
    ],
    1024 * MIB
  )

  it.each([
    ['more than expected', 1800, 1900],
    ['less than expected', 1350, 1400],
    ['less than can be', 900, 950],
    ['a peak above all', 1500, 4000],
    ['exactly what was expected', 1500, 1500]
  ])('adds up and never falls below what is known: %s', (_, restingMib, peakMib) => {
    const { total, parts, growthBytes, source } = applyMeasured(formula, run(restingMib, peakMib))
    expect(source).toBe('measured')
    expect(total.expectedBytes).toBe(Math.max(restingMib * MIB, formula.total.lowBytes))
    expect(total.peakBytes).toBeGreaterThanOrEqual(peakMib * MIB)
    expect(total.peakBytes).toBeGreaterThanOrEqual(total.expectedBytes)
    const sums = totalOf(parts)
    expect(Math.abs(sums.expectedBytes - total.expectedBytes)).toBeLessThan(10)
    expect(Math.abs(sums.peakBytes - total.peakBytes)).toBeLessThan(10)
    expect(parts.find(({ id }) => id === 'weights-device')?.expectedBytes).toBe(1000 * MIB)
    expect(growthBytes).toBeLessThanOrEqual(total.peakBytes - total.expectedBytes)
    for (const one of parts) expect(one.peakBytes).toBeGreaterThanOrEqual(one.expectedBytes)
  })

  it('keeps room for what no run has claimed yet', () => {
    const { total } = applyMeasured(formula, run(1500, 1500))
    expect(total.peakBytes).toBe((1500 + 1024) * MIB)
  })

  it('tells the error of the formula', () => {
    expect(measuredOf(run(1200, 1300), formula)).toEqual({
      restingBytes: 1200 * MIB,
      peakBytes: 1300 * MIB,
      runs: 2,
      lastAtMs: 7,
      errorPct: 25
    })
  })

  it('is all there is where the formula knows nothing', () => {
    const nothing = { ...estimateOf([]), confidence: 'unknown' as const }
    const { total, confidence, parts } = applyMeasured(nothing, run(500, 700))
    expect(total).toEqual({ lowBytes: 0, expectedBytes: 500 * MIB, peakBytes: 700 * MIB })
    expect(confidence).toBe('good')
    expect(totalOf(parts).peakBytes).toBe(700 * MIB)
  })
})

describe('what a runner holds', () => {
  const view = { bytes: { gpuBytes: 6 * GIB, hostBytes: GIB, fileBytes: 10 * GIB } }
  const cpu = { bytes: { gpuBytes: 0, hostBytes: GIB, fileBytes: 10 * GIB } }
  const moment = { topology: 'unified', isGpuKnown: true, formulaBytes: 4 * GIB } as const

  it('is its own memory where the GPU shares it and its driver says so, and else not known', () => {
    expect(bytesHeld(view, moment)).toBe(7 * GIB)
    expect(bytesHeld(view, { ...moment, isGpuKnown: false })).toBeNull()
    // A driver without a figure for it looks like a runner without GPU memory.
    expect(bytesHeld(cpu, moment)).toBeNull()
    expect(bytesHeld(view, { ...moment, topology: 'discrete' })).toBeNull()
  })

  it('counts mapped pages without a GPU, but never a second copy of what it holds itself', () => {
    expect(bytesHeld(cpu, { ...moment, topology: 'none' })).toBe(4 * GIB)
    expect(bytesHeld(cpu, { ...moment, topology: 'none', formulaBytes: GIB / 2 })).toBe(GIB)
    expect(bytesHeld(cpu, { ...moment, topology: 'none', formulaBytes: null })).toBeNull()
  })
})

describe('learning from runs', () => {
  const idle = { busy: false, requestsRunning: 0, requestsWaiting: 0, tokensPerS: 0, idleSinceMs: 1 } as const
  const viewOf = (state: RunnerView['state'], gib: number, more: Partial<RunnerView> = {}): RunnerView => ({
    ...sampleRunner('x', 'ready'),
    id: 'x',
    kind: 'llamacpp',
    state,
    startedAtMs: 1,
    pids: state === 'stopped' ? [] : [7],
    bytes: { gpuBytes: gib * GIB, hostBytes: 0, fileBytes: 0 },
    activity: state === 'ready' ? idle : null,
    stuck: null,
    frozen: false,
    ...more
  })
  async function learn(views: readonly RunnerView[], topology: 'unified' | 'none' = 'unified') {
    const store = openMeasured(join(dir, 'measured.json'), logger)
    const learning = createLearning({
      store,
      clock: { nowMs: () => 5, monotonicMs: () => 5 },
      moment: () => ({ topology, isGpuKnown: true }),
      keyOf: async () => KEY,
      formulaOf: async () => ({ lowBytes: 0, expectedBytes: 4 * GIB, peakBytes: 4 * GIB })
    })
    for (const view of views) {
      learning.observe(profileOf(), view)
      // What names the run is known a moment after it began.
      await Promise.resolve()
      await Promise.resolve()
    }
    store.close()
    return store.get(KEY)
  }
  const ready = (gib: number, more?: Partial<RunnerView>) => viewOf('ready', gib, more)

  it('keeps where it rested and how high it was', async () => {
    const seen = await learn([
      viewOf('starting', 0.5),
      viewOf('loading', 9),
      ready(6),
      ready(6),
      ready(6),
      ready(8, { activity: { ...idle, busy: true } }),
      ready(7),
      ready(7),
      ready(7),
      viewOf('stopped', 0)
    ])
    expect(seen).toMatchObject({ restingBytes: 7 * GIB, peakBytes: 9 * GIB, runs: 1 })
  })

  it('keeps a run that still goes on, and counts it once', async () => {
    const rest = Array.from({ length: 10 }, () => ready(6))
    expect(await learn([viewOf('loading', 5), ...rest])).toMatchObject({ restingBytes: 6 * GIB, runs: 1 })
  })

  it('counts each run', async () => {
    const once = (startedAtMs: number) => [
      viewOf('loading', 5, { startedAtMs }),
      ...Array.from({ length: 4 }, () => ready(6, { startedAtMs }))
    ]
    expect(await learn([...once(1), ...once(2), viewOf('stopped', 0)])).toMatchObject({ runs: 2 })
  })

  it.each([
    ['one that never was ready', [viewOf('loading', 5), viewOf('failed', 0), viewOf('stopped', 0)]],
    ['one that never rested', [viewOf('loading', 5), ready(6), viewOf('stopped', 0)]],
    ['one that was taken over', [ready(6), ready(6), ready(6), ready(6), viewOf('stopped', 0)]],
    [
      'one that is frozen',
      [viewOf('loading', 5), ...Array.from({ length: 5 }, () => ready(6, { frozen: true }))]
    ],
    [
      'one that is stuck',
      [viewOf('loading', 5), ...Array.from({ length: 5 }, () => ready(6, { stuck: 'why' }))]
    ]
  ])('learns nothing from %s', async (_, views) => {
    expect(await learn(views)).toBeNull()
  })
})
