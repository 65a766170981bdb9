import { describe, expect, it } from 'vitest'
import { drillPace, drillThresholds, expectedBytes } from '../../../../src/main/drill/bounds.ts'
import { leastFallBytesPerS } from '../../../../src/shared/domain/guard/fall.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

const pace = (
  availableBytes: number,
  reserveBytes: number,
  memTotalBytes: number
): ReturnType<typeof drillPace> => drillPace({ availableBytes, reserveBytes, memTotalBytes })

describe('how much a drill takes', () => {
  it.each([
    [100 * GIB, 6 * GIB, GIB],
    [8 * GIB, 6 * GIB, GIB / 2],
    [6.5 * GIB, 6 * GIB, 128 * MIB]
  ])('of %d available with a reserve of %d: %d', (available, reserve, bound) => {
    const found = pace(available, reserve, 121 * GIB)
    expect(found).toMatchObject({ ok: true, value: { boundBytes: bound } })
    // Whatever it takes, the reserve stays untouched.
    expect(available - bound).toBeGreaterThan(reserve)
  })

  it.each([
    [6.49 * GIB, 6 * GIB],
    [5 * GIB, 6 * GIB],
    [0, 6 * GIB]
  ])('is refused with %d available and a reserve of %d', (available, reserve) => {
    const found = pace(available, reserve, 121 * GIB)
    expect(found.ok ? null : found.error.code).toBe('refused')
    expect(found.ok ? '' : found.error.message).toMatch(/too little free memory.*512 MiB are needed/)
  })

  it.each([2 * GIB, 16 * GIB, 128 * GIB, 1024 * GIB])(
    'falls fast enough for the guard of a machine of %d bytes to call it a fall',
    (memTotal) => {
      const found = pace(6.6 * GIB, 6 * GIB, memTotal)
      if (!found.ok) throw new Error(found.error.message)
      const { stepBytes, stepMs } = found.value
      expect((stepBytes * 1000) / stepMs).toBeGreaterThan(1.5 * leastFallBytesPerS(memTotal))
    }
  )

  it('crosses the reserve, then the floor, inside the bound', () => {
    const { reserveBytes, floorBytes } = drillThresholds(20 * GIB, GIB)
    expect(reserveBytes).toBeLessThan(20 * GIB)
    expect(floorBytes).toBeLessThan(reserveBytes)
    expect(floorBytes).toBeGreaterThan(20 * GIB - GIB)
    expect(expectedBytes(GIB)).toBeLessThan(20 * GIB - floorBytes)
  })
})
