import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyMeasured, measuredOf } from '../../../../src/main/estimates/measured/apply-measured.ts'
import { createLearning } from '../../../../src/main/estimates/measured/learning.ts'
import { openMeasured, type MeasuredRun } from '../../../../src/main/estimates/measured/store.ts'
import { bytesHeld } from '../../../../src/main/estimates/measured/watch-runs.ts'
import { isReadyFirst } from '../../../../src/shared/domain/admission/ready-first.ts'
import { totalOf } from '../../../../src/shared/domain/estimator/total.ts'
import type { Estimate, EstimatePart, EstimatePartId } from '../../../../src/shared/model/estimate.ts'
import type { FieldProfile, LlamaCppProfile, RunnerView } from '../../../../src/shared/model/runner.ts'
import { sampleRunner } from '../../../support/fake-core.ts'
import { llamaCppProfile } from '../../../support/llamacpp-profile.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const KEY = 'a'.repeat(32)

let dir: string
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-measured-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const profileOf = (
  more: Partial<LlamaCppProfile['settings']> = {},
  modelPath = '/m/x.gguf'
): LlamaCppProfile => llamaCppProfile(modelPath, more)

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
const LOADED = { leastBytes: 0, isReadyFirst: false }
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
    const { total, parts, growthBytes, source } = applyMeasured(formula, run(restingMib, peakMib), LOADED)
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
    const { total } = applyMeasured(formula, run(1500, 1500), LOADED)
    expect(total.peakBytes).toBe((1500 + 1024) * MIB)
  })

  it('may still be claimed whole by one that is ready before it loads', () => {
    const job = { ...formula, growthBytes: formula.total.expectedBytes }
    const { growthBytes, total } = applyMeasured(job, run(5000, 5000), { ...LOADED, isReadyFirst: true })
    expect(total.expectedBytes).toBe(5000 * MIB)
    expect(growthBytes).toBe(5000 * MIB)
  })

  it('is never below what its files hold, however little of the rest is known', () => {
    const unknown = { ...formula, confidence: 'unknown' as const }
    const leastBytes = 1250 * MIB
    const { total, parts } = applyMeasured(unknown, run(600, 700), { ...LOADED, leastBytes })
    expect(total.expectedBytes).toBe(leastBytes)
    expect(total.peakBytes).toBeGreaterThanOrEqual(leastBytes)
    expect(Math.abs(totalOf(parts).expectedBytes - leastBytes)).toBeLessThan(10)
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
    const { total, confidence, parts } = applyMeasured(nothing, run(500, 700), LOADED)
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

  it('is its own memory without a GPU, and not known where it maps a model that may be the rest', () => {
    const none = { ...moment, topology: 'none' } as const
    expect(bytesHeld(cpu, none)).toBeNull()
    expect(bytesHeld(cpu, { ...none, formulaBytes: null })).toBeNull()
    expect(bytesHeld({ bytes: { ...cpu.bytes, fileBytes: 60 * MIB } }, none)).toBe(GIB)
    // It holds all that was computed itself: what is mapped beside it is a second copy.
    expect(bytesHeld(cpu, { ...none, formulaBytes: GIB / 2 })).toBe(GIB)
  })
})

describe('kinds that are ready before they load', () => {
  it('are jobs that listen nowhere, and servers that load when they are asked', () => {
    const field = (kind: FieldProfile['kind'], settings: FieldProfile['settings'] = {}): FieldProfile => ({
      ...profileOf(),
      kind,
      settings
    })
    expect(isReadyFirst(field('finetune'))).toBe(true)
    expect(isReadyFirst(field('comfyui'))).toBe(true)
    expect(isReadyFirst(field('custom', { ready: 'running' }))).toBe(true)
    expect(isReadyFirst(field('custom'))).toBe(false)
    expect(isReadyFirst(profileOf())).toBe(false)
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
    const store = openMeasured(join(dir, 'measured.json'), logger, 'own')
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
