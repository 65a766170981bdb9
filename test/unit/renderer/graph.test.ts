import { describe, expect, test } from 'vitest'
import { graphData } from '../../../src/renderer/src/charts/graph-data.ts'
import { GAP_MS, gapsOf } from '../../../src/shared/domain/history/gaps.ts'
import type { RecentPoint, RecentSeries } from '../../../src/shared/model/status.ts'

const SERIES: readonly RecentSeries[] = [{ id: 'runner:a', label: 'a', kind: 'runner' }]
const END_MS = 1_800_000_000_000
const MINUTE_MS = 60_000

/** One point a second, from `fromS` to `toS` before the end. */
const measured = (fromS: number, toS: number): readonly RecentPoint[] =>
  Array.from({ length: fromS - toS + 1 }, (_, at) => ({
    atMs: END_MS - (fromS - at) * 1000,
    memAvailableBytes: 5,
    bands: { 'runner:a': 7 }
  }))

describe('the graph', () => {
  test.each([1, 5, 15])('shows no gap in %i min of one point a second', (minutes) => {
    const data = graphData(SERIES, measured(900, 0), minutes * MINUTE_MS)
    expect(data.gaps).toEqual([])
    expect(data.points.every((point) => point.memAvailableBytes === 5 && point.b0 === 7)).toBe(true)
  })

  test('breaks every area where nothing was measured', () => {
    const data = graphData(SERIES, [...measured(280, 200), ...measured(60, 0)], 5 * MINUTE_MS)
    expect(data.gaps.length).toBe(2)
    const at = data.points.findIndex((point) => point.memAvailableBytes === null)
    const [before, broken, after] = data.points.slice(at - 1, at + 2)
    expect(data.points[0]?.atMs).toBe(data.gaps[0]?.toMs)
    expect(before?.atMs).toBeLessThanOrEqual(END_MS - 200_000)
    expect(after?.atMs).toBeGreaterThanOrEqual(END_MS - 60_000)
    // Blank from band to band: a strip without bands would look like free memory.
    expect(data.gaps[1]).toEqual({ fromMs: before?.atMs, toMs: after?.atMs })
    expect(broken?.b0).toBeUndefined()
    expect(data.points.filter((point) => point.memAvailableBytes === null).length).toBe(1)
  })

  test('invents no line from a point left of the window across a gap', () => {
    const data = graphData(SERIES, [...measured(400, 390), ...measured(100, 0)], 5 * MINUTE_MS)
    expect(data.gaps).toEqual([{ fromMs: END_MS - 300_000, toMs: data.points[2]?.atMs }])
    expect(data.points[1]?.memAvailableBytes).toBeNull()
  })
})

test('a late sample is no gap, a longer silence is', () => {
  const two = (apartMs: number): readonly RecentPoint[] => [
    { atMs: 0, memAvailableBytes: 1, bands: {} },
    { atMs: apartMs, memAvailableBytes: 1, bands: {} }
  ]
  expect(gapsOf(two(GAP_MS), 0)).toEqual([])
  expect(gapsOf(two(GAP_MS + 1), 0)).toEqual([{ fromMs: 0, toMs: GAP_MS + 1 }])
  expect(gapsOf([], 0)).toEqual([])
})
