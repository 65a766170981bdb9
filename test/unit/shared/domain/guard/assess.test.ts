import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assess, type AssessInput } from '../../../../../src/shared/domain/guard/assess.ts'
import { floorBytes, reserveBytes } from '../../../../../src/shared/domain/guard/thresholds.ts'
import { GUARD_LEVELS } from '../../../../../src/shared/model/status.ts'
import type { Pressures } from '../../../../../src/shared/model/snapshot.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const pressures = (fullAvg10Pct: number): Pressures => {
  const line = { avg10Pct: fullAvg10Pct, avg60Pct: 0, avg300Pct: 0, totalUs: 0 }
  return { memory: { some: line, full: line }, cpu: 'unknown', io: 'unknown' }
}
const calm: AssessInput = {
  availableBytes: 40 * GIB,
  perCpuFreeBytes: 0,
  reserveBytes: 6 * GIB,
  floorBytes: 2 * GIB,
  secondsToEmpty: null,
  pressures: pressures(0)
}

describe('reserve and floor', () => {
  it('follow the machine within their bounds', () => {
    const spark = 127_600_748 * 1024
    expect(reserveBytes(spark, null)).toBe(6 * GIB)
    expect(floorBytes(spark, null)).toBe(2 * GIB)
    expect(reserveBytes(4 * GIB, null)).toBe(512 * MIB)
    expect(floorBytes(4 * GIB, null)).toBe(192 * MIB)
    expect(reserveBytes(60 * GIB, null)).toBe(3 * GIB)
    expect(floorBytes(60 * GIB, null)).toBe(1 * GIB)
  })

  it('take the user’s word, but never more than there is', () => {
    expect(reserveBytes(8 * GIB, 3 * GIB)).toBe(3 * GIB)
    expect(reserveBytes(8 * GIB, 99 * GIB)).toBe(8 * GIB)
    expect(reserveBytes(8 * GIB, 0)).toBe(0)
  })
})

describe('the level', () => {
  it('is calm with room', () => {
    expect(assess(calm)).toEqual({ level: 'calm', reasons: [] })
  })

  it('only watches a full machine that neither falls nor stalls', () => {
    expect(assess({ ...calm, availableBytes: 1.5 * GIB }).level).toBe('watch')
  })

  it('counts per-CPU lists as free', () => {
    expect(assess({ ...calm, availableBytes: 5 * GIB, perCpuFreeBytes: 2 * GIB }).level).toBe('calm')
  })

  it('warns of a fast fall even with much left, and says when', () => {
    const { level, reasons } = assess({ ...calm, secondsToEmpty: 6.2 })
    expect(level).toBe('warn')
    expect(reasons[0]).toBe('Memory will be gone in about 6 s.')
  })

  it('warns when programs stall inside the reserve, watches when they stall outside it', () => {
    const stalled = pressures(20)
    expect(assess({ ...calm, availableBytes: 3 * GIB, pressures: stalled }).level).toBe('warn')
    expect(assess({ ...calm, pressures: stalled }).level).toBe('watch')
  })

  it('does without pressure figures', () => {
    const unknown: Pressures = { memory: 'unknown', cpu: 'unknown', io: 'unknown' }
    expect(assess({ ...calm, pressures: unknown }).level).toBe('calm')
  })

  it('never rises with more memory available, all else equal', () => {
    const rank = (input: AssessInput): number => GUARD_LEVELS.indexOf(assess(input).level)
    fc.assert(
      fc.property(
        fc.record({
          availableBytes: fc.integer({ min: 0, max: 128 * GIB }),
          more: fc.integer({ min: 0, max: 64 * GIB }),
          full: fc.integer({ min: 0, max: 100 }),
          seconds: fc.option(fc.double({ min: 0, max: 500, noNaN: true }))
        }),
        ({ availableBytes, more, full, seconds }) => {
          const input = { ...calm, availableBytes, pressures: pressures(full), secondsToEmpty: seconds }
          expect(rank({ ...input, availableBytes: availableBytes + more })).toBeLessThanOrEqual(rank(input))
        }
      )
    )
  })
})
