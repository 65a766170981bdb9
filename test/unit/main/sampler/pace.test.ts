import { expect, it } from 'vitest'
import {
  CALM_INTERVAL_MS,
  createPace,
  FAST_INTERVAL_MS,
  QUIET_MS
} from '../../../../src/main/sampler/pace.ts'
import { parseMemInfo } from '../../../../src/main/sampler/sources/meminfo.parse.ts'
import type { MemInfo } from '../../../../src/shared/model/snapshot.ts'
import { fixture } from './fixtures.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20
const base = parseMemInfo(fixture('gb10/meminfo'))
const withAvailable = (memAvailableBytes: number): MemInfo => {
  if (!base.ok) throw new Error('fixture')
  return { ...base.value, memAvailableBytes }
}

it('is calm while memory rests or moves slowly', () => {
  const pace = createPace()
  for (let second = 0; second < 20; second++) {
    expect(pace.next(withAvailable(50 * GIB - second * 200 * MIB), 0, second * 1000)).toBe(CALM_INTERVAL_MS)
  }
})

it('goes fast on a fall and stays so for the quiet time', () => {
  const pace = createPace()
  expect(pace.next(withAvailable(50 * GIB), 0, 0)).toBe(CALM_INTERVAL_MS)
  expect(pace.next(withAvailable(48 * GIB), 0, 1000)).toBe(FAST_INTERVAL_MS)
  expect(pace.next(withAvailable(48 * GIB), 0, 1000 + QUIET_MS - 1)).toBe(FAST_INTERVAL_MS)
  expect(pace.next(withAvailable(48 * GIB), 0, 1000 + QUIET_MS)).toBe(CALM_INTERVAL_MS)
})

it('measures by elapsed time, not by ticks', () => {
  const late = createPace()
  late.next(withAvailable(50 * GIB), 0, 0)
  expect(late.next(withAvailable(49 * GIB), 0, 60_000)).toBe(CALM_INTERVAL_MS)
  const soon = createPace()
  soon.next(withAvailable(50 * GIB), 0, 0)
  expect(soon.next(withAvailable(50 * GIB - 100 * MIB), 0, 250)).toBe(FAST_INTERVAL_MS)
})

it('does not take pages that moved into per-CPU lists for a fall', () => {
  const pace = createPace()
  pace.next(withAvailable(50 * GIB), 0, 0)
  expect(pace.next(withAvailable(49 * GIB), GIB, 1000)).toBe(CALM_INTERVAL_MS)
})

it('is fast near the reserve, and while loading', () => {
  expect(createPace().next(withAvailable(11 * GIB), 0, 0)).toBe(FAST_INTERVAL_MS)
  const pace = createPace()
  pace.setLoading(true)
  expect(pace.next(withAvailable(50 * GIB), 0, 0)).toBe(FAST_INTERVAL_MS)
  pace.setLoading(false)
  expect(pace.next(withAvailable(50 * GIB), 0, QUIET_MS)).toBe(CALM_INTERVAL_MS)
})
