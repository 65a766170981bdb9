import { describe, expect, it } from 'vitest'
import { currentGpuRows } from '../../../../../src/shared/domain/ledger/gpu-rows.ts'
import type { ProcessInfo } from '../../../../../src/shared/model/snapshot.ts'
import { processOf } from './inputs.ts'

const process = (pid: number, startedMs: number): ProcessInfo =>
  processOf(pid, `p${pid}`, { startTicks: startedMs / 10 })
const rows = [{ pid: 7, bytes: 90 * 1024 ** 3 }]
const UPTIME_MS = 10_000_000

describe('rows of the driver', () => {
  it('belong to the process that was there when they were read', () => {
    const gpu = { processes: rows, ageMs: 600_000, stale: true }
    expect(currentGpuRows(gpu, [process(7, 1000)], UPTIME_MS)).toEqual(rows)
  })

  it('never to a later process with that pid', () => {
    const gpu = { processes: rows, ageMs: 600_000, stale: true }
    expect(currentGpuRows(gpu, [process(7, UPTIME_MS - 60_000)], UPTIME_MS)).toEqual([])
  })

  it('of a pid that is gone count only while the reading is fresh', () => {
    expect(currentGpuRows({ processes: rows, ageMs: 900, stale: false }, [], UPTIME_MS)).toEqual(rows)
    expect(currentGpuRows({ processes: rows, ageMs: 60_000, stale: true }, [], UPTIME_MS)).toEqual([])
  })

  it('of a process that began a moment before the reading are kept', () => {
    const gpu = { processes: rows, ageMs: 100, stale: false }
    expect(currentGpuRows(gpu, [process(7, UPTIME_MS - 150)], UPTIME_MS)).toEqual(rows)
  })
})
