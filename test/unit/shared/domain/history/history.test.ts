import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_DRAWN_POINTS, decimate, drawnStepMs } from '../../../../../src/shared/domain/history/decimate.ts'
import { bandBytes, chooseBands, MAX_HOLDER_SERIES } from '../../../../../src/shared/domain/history/series.ts'
import { MAX_RECENT_POINTS, appendPoint, inWindow } from '../../../../../src/shared/domain/history/window.ts'
import { LEDGER_KINDS } from '../../../../../src/shared/model/ledger.ts'
import type { RecentPoint, RecentSeries } from '../../../../../src/shared/model/status.ts'

const point = (atMs: number, memAvailableBytes: number, bands: Record<string, number> = {}): RecentPoint => ({
  atMs,
  memAvailableBytes,
  bands
})

/** Points with gaps of 0.9 to 5 s, as a late sampler makes them. */
const recent = fc
  .array(fc.tuple(fc.integer({ min: 900, max: 5000 }), fc.nat(2 ** 36)), { maxLength: 900 })
  .map((steps) => {
    let at = 1_700_000_000_000
    return steps.map(([gap, available]) => point((at += gap), available))
  })

describe('decimate', () => {
  test('draws about a hundred points of a window, each of them a real one, in order', () => {
    fc.assert(
      fc.property(recent, fc.constantFrom(60_000, 300_000, 900_000), (points, windowMs) => {
        const window = inWindow(points, points.at(-1)?.atMs ?? 0, windowMs)
        const drawn = decimate(window, drawnStepMs(windowMs))
        expect(drawn.length).toBeLessThanOrEqual(MAX_DRAWN_POINTS)
        expect(drawn.every((one) => points.includes(one))).toBe(true)
        expect(drawn.map((one) => one.atMs)).toEqual(drawn.map((one) => one.atMs).toSorted((a, b) => a - b))
      })
    )
  })

  test('never loses the lowest moment', () => {
    fc.assert(
      fc.property(recent, (points) => {
        fc.pre(points.length > 0)
        const lowest = (list: readonly RecentPoint[]): number =>
          Math.min(...list.map((one) => one.memAvailableBytes))
        expect(lowest(decimate(points, drawnStepMs(900_000)))).toBe(lowest(points))
      })
    )
  })

  test('keeps earlier points where they are when a new one comes', () => {
    const points = Array.from({ length: 880 }, (_, at) => point(1_000_000 + at * 1000, (at * 7919) % 1000))
    const before = decimate(points, drawnStepMs(900_000))
    const after = decimate([...points, point(1_000_000 + 880_000, 5)], drawnStepMs(900_000))
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1))
  })
})

describe('appendPoint', () => {
  test('keeps 900 points, the newest ones', () => {
    let points: readonly RecentPoint[] = []
    for (let at = 0; at < 1000; at += 1) points = appendPoint(points, point(at * 1000, at))
    expect(points.length).toBe(MAX_RECENT_POINTS)
    expect(points.at(-1)?.atMs).toBe(999_000)
    expect(points[0]?.atMs).toBe(100_000)
  })

  test('takes one point a second although ticks come four times as often', () => {
    let points: readonly RecentPoint[] = []
    for (let at = 0; at < 40; at += 1) points = appendPoint(points, point(at * 250, at))
    expect(points.map((one) => one.atMs)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000])
  })

  test('begins anew when the clock was set back', () => {
    expect(appendPoint([point(5000, 1), point(6000, 1)], point(2000, 1))).toEqual([point(2000, 1)])
  })
})

test('inWindow reaches one point before the left edge and drops what is older', () => {
  const points = [0, 10, 20, 30].map((at) => point(at * 1000, at))
  expect(inWindow(points, 30_000, 15_000).map((one) => one.atMs)).toEqual([10_000, 20_000, 30_000])
  expect(inWindow(points, 900_000, 1000)).toEqual([])
})

const isHolder = (kind: RecentSeries['kind']): boolean => kind === 'runner' || kind === 'process'

describe('chooseBands', () => {
  const kinds = fc.constantFrom<RecentSeries['kind']>(
    'runner',
    'process',
    'desktop',
    'other',
    'kernel',
    'unattributed',
    'cache',
    'free'
  )
  const ledger = fc
    .uniqueArray(fc.record({ kind: kinds, bytes: fc.nat(2 ** 30), n: fc.nat(500) }), {
      selector: (one) => one.n,
      maxLength: 60
    })
    .map((parts) => ({
      series: parts.map(({ kind, n }): RecentSeries => ({ id: `p${n}`, label: `p${n}`, kind })),
      one: point(1, 0, Object.fromEntries(parts.map(({ n, bytes }) => [`p${n}`, bytes])))
    }))

  test('draws every byte but the free ones, in at most eight holders', () => {
    fc.assert(
      fc.property(ledger, ({ series, one }) => {
        const bands = chooseBands(series, [one])
        const holders = bands.filter((band) => band.partIds[0] === band.id && isHolder(band.kind))
        expect(holders.length).toBeLessThanOrEqual(MAX_HOLDER_SERIES)
        const drawn = bandBytes(bands, one).reduce((sum, bytes) => sum + bytes, 0)
        const held = series
          .filter((each) => each.kind !== 'free')
          .reduce((sum, each) => sum + (one.bands[each.id] ?? 0), 0)
        expect(drawn).toBe(held)
      })
    )
  })

  test('runners come before processes, and the rest is folded beside its own kind', () => {
    const series: RecentSeries[] = [
      ...Array.from({ length: 12 }, (_, at): RecentSeries => ({
        id: `process:${at}`,
        label: 'x',
        kind: 'process'
      })),
      { id: 'desktop', label: 'Desktop', kind: 'desktop' },
      { id: 'other', label: 'Other programs', kind: 'other' },
      { id: 'runner:a', label: 'a', kind: 'runner' }
    ]
    const one = point(1, 0, Object.fromEntries(series.map((each, at) => [each.id, 100 - at])))
    const bands = chooseBands(series, [one])
    expect(bands.map((band) => band.id).slice(0, 2)).toEqual(['runner:a', 'desktop'])
    expect(bands.slice(2, -2).map((band) => band.kind)).toEqual(
      Array.from({ length: MAX_HOLDER_SERIES - 1 }, () => 'process')
    )
    expect(bands.at(-2)).toMatchObject({ label: '5 more programs', kind: 'process' })
    expect(bands.at(-1)).toMatchObject({ id: 'other', partIds: ['other'] })
  })

  test('every kind stands where the ledger has it: models, desktop, other programs first', () => {
    fc.assert(
      fc.property(ledger, ({ series, one }) => {
        const ranks = chooseBands(series, [one]).map((band) => LEDGER_KINDS.indexOf(band.kind))
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
      })
    )
    expect(LEDGER_KINDS.slice(0, 3)).toEqual(['runner', 'desktop', 'process'])
  })
})
