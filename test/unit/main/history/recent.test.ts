import { describe, expect, it } from 'vitest'
import { createRecentRing } from '../../../../src/main/history/recent.ts'
import type { Ledger } from '../../../../src/shared/model/ledger.ts'

const ledger = (bands: Readonly<Record<string, number>>): Ledger => ({
  memTotalBytes: 100,
  parts: Object.entries(bands).map(([id, bytes]) => ({
    id,
    label: `label of ${id}`,
    kind: 'other',
    bytes,
    gpuBytes: 0,
    hostBytes: bytes
  }))
})

describe('the live ring', () => {
  it('is empty at first', () => {
    expect(createRecentRing().read(900)).toEqual({ series: [], points: [] })
  })

  it('keeps the order and forgets what is older than its size', () => {
    const ring = createRecentRing(5)
    for (let s = 0; s < 12; s += 1) ring.add(s * 1000, s * 1000, 50 + s, ledger({ free: s }))
    expect(ring.read(900).points.map((point) => point.bands['free'])).toEqual([7, 8, 9, 10, 11])
  })

  it('gives the window asked for, by time and not by count', () => {
    const ring = createRecentRing()
    for (const s of [0, 100, 200, 290, 300]) ring.add(s * 1000, s * 1000, 1, ledger({ free: s }))
    expect(ring.read(60).points.map((point) => point.bands['free'])).toEqual([290, 300])
  })

  it('folds fast ticks into one second and keeps the lowest', () => {
    const ring = createRecentRing()
    for (const [ms, available] of [
      [1000, 60],
      [1250, 20],
      [1500, 40],
      [2000, 50]
    ] as const) {
      ring.add(ms, ms, available, ledger({ free: available }))
    }
    expect(ring.read(900).points.map((point) => point.memAvailableBytes)).toEqual([20, 50])
  })

  it('names only holders that are in the window, and drops long gone ones', () => {
    const ring = createRecentRing(4)
    ring.add(0, 0, 1, ledger({ 'process:1:1': 9, free: 1 }))
    for (let s = 1; s <= 8; s += 1) ring.add(s * 1000, s * 1000, 1, ledger({ free: 1 }))
    expect(ring.read(900).series.map((one) => one.id)).toEqual(['free'])
  })
})
