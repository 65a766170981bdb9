import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesByProcess } from '../../../../src/main/gpu-probe/process-bytes.ts'

describe('GPU bytes by process', () => {
  it('takes the larger of the C and G rows of one GPU', () => {
    const rows = [
      { device: '0', pid: 5, bytes: 100 },
      { device: '0', pid: 5, bytes: 120 }
    ]
    expect(bytesByProcess(rows)).toEqual([{ pid: 5, bytes: 120 }])
  })

  it('sums over GPUs', () => {
    const rows = [
      { device: '0', pid: 5, bytes: 100 },
      { device: '1', pid: 5, bytes: 20 }
    ]
    expect(bytesByProcess(rows)).toEqual([{ pid: 5, bytes: 120 }])
  })

  it('keeps N/A rows as unknown, unless another row of the same GPU knows', () => {
    const rows = [
      { device: '0', pid: 1, bytes: 'unknown' as const },
      { device: '0', pid: 2, bytes: 'unknown' as const },
      { device: '0', pid: 2, bytes: 7 },
      { device: '0', pid: 3, bytes: 9 },
      { device: '1', pid: 3, bytes: 'unknown' as const }
    ]
    expect(bytesByProcess(rows)).toEqual([
      { pid: 1, bytes: 'unknown' },
      { pid: 2, bytes: 7 },
      { pid: 3, bytes: 'unknown' }
    ])
  })

  it('drops rows without a pid', () => {
    expect(bytesByProcess([{ device: '0', pid: 0, bytes: 1 }])).toEqual([])
  })

  it('names each pid once and is never above the sum of its rows, in any order of rows', () => {
    const row = fc.record({
      device: fc.constantFrom('0', '1'),
      pid: fc.integer({ min: 1, max: 4 }),
      bytes: fc.nat()
    })
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const found = bytesByProcess(rows)
        expect(new Set(found.map((one) => one.pid)).size).toBe(found.length)
        for (const { pid, bytes } of found) {
          const own = rows.filter((one) => one.pid === pid).map((one) => one.bytes)
          expect(bytes).toBeLessThanOrEqual(own.reduce((sum, one) => sum + one, 0))
          expect(bytes).toBeGreaterThanOrEqual(Math.max(...own))
        }
        const byPid = (list: typeof found): Map<number, unknown> =>
          new Map(list.map((one) => [one.pid, one.bytes]))
        expect(byPid(bytesByProcess(rows.toReversed()))).toEqual(byPid(found))
      })
    )
  })
})
