import { describe, expect, test } from 'vitest'
import { modePatch, sizesPatch } from '../../../src/renderer/src/stores/own-sizes.ts'
import { defaultSettings } from '../../../src/shared/settings/schema.ts'
import { GUARD_MODES } from '../../../src/shared/model/status.ts'
import { scaleAround } from '../../../src/renderer/src/charts/curve.ts'
import { graphMarks } from '../../../src/renderer/src/charts/marks.ts'
import { incidentCurve } from '../../../src/renderer/src/features/guard/incident-curve.ts'
import {
  afterKey,
  bounds,
  placed,
  stepBytes
} from '../../../src/renderer/src/features/guard/threshold-math.ts'
import { GIB, MIB } from '../../../src/renderer/src/format/bytes.ts'
import { whenText } from '../../../src/renderer/src/format/duration.ts'
import { readThreshold } from '../../../src/renderer/src/format/gib.ts'
import {
  consequence,
  eventWords,
  idleWords,
  modeWords,
  sentinelWords
} from '../../../src/renderer/src/format/guard.ts'
import { levelWord } from '../../../src/renderer/src/format/sentence.ts'
import { sampleIncident } from '../../support/fake-guard.ts'

const SPARK = { memTotalBytes: 119.7 * GIB, reserveBytes: 6 * GIB, floorBytes: 2 * GIB }

describe('the handles', () => {
  test.each([
    [119.7 * GIB, 128 * MIB],
    [62.7 * GIB, 64 * MIB],
    [8 * GIB, 8 * MIB],
    [0, MIB]
  ])('a key moves one of %d bytes by %d', (total, step) => expect(stepBytes(total)).toBe(step))

  test('the floor never passes the reserve, the reserve never the floor, and neither half of all memory', () => {
    expect(placed('floorBytes', 50 * GIB, SPARK)).toBe(6 * GIB)
    expect(placed('reserveBytes', 0, SPARK)).toBe(2 * GIB)
    expect(placed('reserveBytes', 500 * GIB, SPARK)).toBe(Math.floor(SPARK.memTotalBytes / 2))
    expect(bounds('floorBytes', SPARK)).toEqual([0, 6 * GIB])
    expect(placed('floorBytes', Number.NaN, SPARK)).toBe(0)
  })

  test.each([
    ['ArrowUp', 6 * GIB + 128 * MIB],
    ['ArrowLeft', 6 * GIB + 128 * MIB],
    ['ArrowDown', 6 * GIB - 128 * MIB],
    ['PageUp', 7 * GIB],
    ['Home', 2 * GIB],
    ['Tab', null]
  ])('%s moves the reserve to %d', (key, bytes) => expect(afterKey(key, 'reserveBytes', SPARK)).toBe(bytes))

  test.each([
    ['floorBytes', '7', 'above the reserve'],
    ['reserveBytes', '1', 'below the floor'],
    ['reserveBytes', '70', 'Half of this machine'],
    ['reserveBytes', 'much', 'no number of GiB']
  ] as const)('%s = %s is refused in words', (field, text, words) =>
    expect(readThreshold(field, text, SPARK).bad).toContain(words)
  )

  test('automatic, a size, and no reserve at all are taken', () => {
    expect(readThreshold('floorBytes', '', SPARK)).toEqual({ bytes: null, bad: null })
    expect(readThreshold('floorBytes', '1,5 GiB', SPARK)).toEqual({ bytes: 1.5 * GIB, bad: null })
    expect(readThreshold('reserveBytes', '0', SPARK)).toEqual({ bytes: 0, bad: null })
  })
})

describe('modes and sizes', () => {
  const settings = defaultSettings()
  const own = { ...settings, reserveBytes: GIB, guard: { ...settings.guard, mode: 'custom' as const } }

  test('every mode but Custom takes own sizes back', () => {
    for (const mode of GUARD_MODES) {
      const { guard, ...sizes } = modePatch(mode)
      expect(guard).toEqual({ mode })
      expect(sizes).toEqual(mode === 'custom' ? {} : { reserveBytes: null, floorBytes: null })
    }
  })

  test('an own size means Custom, none left means Balanced', () => {
    expect(sizesPatch(settings, { floorBytes: GIB })).toEqual({ floorBytes: GIB, guard: { mode: 'custom' } })
    expect(sizesPatch(own, { floorBytes: GIB })).toEqual({ floorBytes: GIB })
    expect(sizesPatch(own, { reserveBytes: null })).toEqual({
      reserveBytes: null,
      guard: { mode: 'balanced' }
    })
    expect(sizesPatch(settings, { floorBytes: null })).toEqual({ floorBytes: null })
  })
})

describe('words', () => {
  test('every mode says what it does, and the time to answer is the one that is set', () => {
    expect(new Set(GUARD_MODES.map((mode) => modeWords(mode, 15).does)).size).toBe(GUARD_MODES.length)
    expect(modeWords('balanced', 40).does).toContain('after 40 s')
  })

  test.each([
    ['warn', 6, 'Firebreak will pause it in 6 s.'],
    ['warn', 0, 'Firebreak pauses it now.'],
    ['warn', null, 'Firebreak pauses it if memory reaches the floor.'],
    ['frozen', 15, 'Firebreak will stop it in 15 s, or at once if memory falls below the floor.'],
    ['frozen', null, 'It stays paused until you answer, unless memory falls below the floor.']
  ] as const)('%s with %s s left', (stage, seconds, words) =>
    expect(consequence(stage, seconds).replaceAll('\u00a0', ' ')).toBe(words)
  )

  test('an unknown amount is not 0', () => {
    const back = { kind: 'memory-back', label: 'tiny' } as const
    expect(eventWords({ ...back, bytes: 'unknown', reasons: [] })).toBe('an unknown amount came back')
    expect(eventWords({ kind: 'kill', label: null, bytes: 1, reasons: [] })).toBe(
      'Stopped a program by force'
    )
  })

  test('acting is up to the reader where the guard does not act', () => {
    expect(levelWord('act', 'balanced')).toBe('Acting')
    expect(levelWord('act', 'observe')).toBe('Act now')
    expect(levelWord('emergency', 'off')).toBe('Emergency')
  })

  test('that nobody acts is said in the two modes where nobody does', () => {
    expect(GUARD_MODES.filter((mode) => idleWords(mode) !== '').toSorted()).toEqual(['observe', 'off'])
    expect(idleWords('observe')).toBe('The guard only observes.')
  })

  test('only a watcher that guards is called good', () => {
    expect(sentinelWords({ state: 'guarding', armedIds: [] }).tone).toBe('good')
    for (const state of ['off', 'starting', 'gone'] as const) {
      expect(sentinelWords({ state, armedIds: ['a'] }).tone).not.toBe('good')
    }
  })

  test('a moment is told by its day', () => {
    const noon = new Date(2026, 10, 12, 12, 30, 5).getTime()
    expect(whenText(noon, noon + 60_000)).toBe('today, 12:30:05')
    expect(whenText(noon, noon + 86_400_000)).toBe('yesterday, 12:30:05')
    expect(whenText(noon, noon + 10 * 86_400_000)).toBe('12 Nov 2026, 12:30')
  })
})

describe('kept curves', () => {
  test('a scale begins at 0 unless all of it happens far above', () => {
    expect(scaleAround([60 * GIB, 2 * GIB])).toMatchObject({ low: 0, decimals: 0 })
    const high = scaleAround([53.4 * GIB, 52.4 * GIB])
    expect(high.low).toBeGreaterThan(50 * GIB)
    expect(high.ticks.length).toBeLessThanOrEqual(6)
    expect(high.ticks[0]).toBe(high.low)
    expect(high.ticks.at(-1)).toBeCloseTo(high.high)
  })

  test.each([[[]], [[0]], [[7, 7, 7]]])('%j still has a scale', (values) => {
    const { low, high } = scaleAround(values)
    expect(high).toBeGreaterThan(low)
  })

  test('an incident shows those who held most, and marks only what lies inside', () => {
    const holders = ['a', 'b', 'c', 'd'].map((label, at) => ({ label, bytes: (at + 1) * GIB }))
    const curve = [
      { atMs: 1000, availableBytes: 5 * GIB, holders },
      { atMs: 3000, availableBytes: 1 * GIB, holders: [] }
    ]
    const [act] = sampleIncident.events
    if (act === undefined) throw new Error('the sample has no event')
    const events = [
      { ...act, kind: 'freeze' as const, atMs: 2000 },
      { ...act, kind: 'kill' as const, atMs: 9000 }
    ]
    const drawn = incidentCurve({ ...sampleIncident, curve, events })
    expect(drawn.lines.map(({ label }) => label)).toEqual(['d', 'c', 'b'])
    expect(drawn.marks).toEqual([{ atS: 1, label: 'Paused' }])
    expect(drawn.points[1]).toMatchObject({ atS: 2, l0: 0 })
    expect(incidentCurve({ ...sampleIncident, curve: [], events: [] }).points).toEqual([])
  })

  test('a pause that ended in a stop a moment later is one mark', () => {
    const act = (kind: 'paused' | 'halted', label: string, atMs: number) => ({ kind, label, atMs })
    const marks = graphMarks(
      [act('paused', 'a', 10), act('halted', 'a', 20), act('paused', 'b', 30)],
      0,
      1000
    )
    expect(marks).toEqual([{ atMs: 10, label: 'Guard stopped a · Guard paused b' }])
  })
})
