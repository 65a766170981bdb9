import { describe, expect, it } from 'vitest'
import { createGpuMemory } from '../../../../src/main/guard/gpu-memory.ts'
import { createGrowthTracker } from '../../../../src/main/guard/growth.ts'
import { NO_GPU_YET, type GpuSnapshot } from '../../../../src/shared/model/gpu.ts'
import { processRow } from '../../../support/fake-machine.ts'
import { GIB } from './fixtures.ts'

describe('growth', () => {
  it('is a rate over the last seconds and a story since the lowest point', () => {
    const growth = createGrowthTracker()
    for (let s = 0; s <= 8; s += 1) {
      growth.note(s * 1_000, new Map([['a', s <= 4 ? 10 * GIB : (10 + 2 * (s - 4)) * GIB]]))
    }
    expect(growth.bytesPerS('a')).toBe(2 * GIB)
    expect(growth.grown('a')).toEqual({ bytes: 8 * GIB, seconds: 4 })
  })

  it('is negative while it shrinks, and nothing for one just seen or gone', () => {
    const growth = createGrowthTracker()
    growth.note(0, new Map([['a', 4 * GIB]]))
    expect(growth.bytesPerS('a')).toBe(0)
    expect(growth.grown('a')).toBeNull()
    growth.note(1_000, new Map([['a', 3 * GIB]]))
    expect(growth.bytesPerS('a')).toBe(-GIB)
    expect(growth.grown('a')).toBeNull()
    growth.note(2_000, new Map())
    expect(growth.bytesPerS('a')).toBe(0)
    expect(growth.bytesPerS('never')).toBe(0)
  })

  it('draws no rate from readings that are nearly one', () => {
    const growth = createGrowthTracker()
    growth.note(0, new Map([['a', 0]]))
    growth.note(100, new Map([['a', GIB]]))
    expect(growth.bytesPerS('a')).toBe(0)
  })
})

describe('what the driver said last', () => {
  const gpu = (more: Partial<GpuSnapshot>): GpuSnapshot => ({
    ...NO_GPU_YET,
    state: 'ok',
    topology: 'unified',
    stale: false,
    ageMs: 0,
    ...more
  })
  const table = [processRow({ pid: 10, startTicks: 100 }), processRow({ pid: 11, startTicks: 100 })]
  const UPTIME_MS = 100_000

  it('stands for a process that still lives while the driver is silent', () => {
    const memory = createGpuMemory()
    const said = gpu({ processes: [{ pid: 10, bytes: 5 * GIB }] })
    expect(memory.read({ gpu: said, processes: table }, UPTIME_MS)).toEqual({
      byPid: new Map([[10, 5 * GIB]]),
      oldPids: new Set()
    })
    const silent = gpu({ state: 'stuck', stale: true, processes: [] })
    expect(memory.read({ gpu: silent, processes: table }, UPTIME_MS)).toEqual({
      byPid: new Map([[10, 5 * GIB]]),
      oldPids: new Set([10])
    })
    const reused = [processRow({ pid: 10, startTicks: 9_000 })]
    expect(memory.read({ gpu: silent, processes: reused }, UPTIME_MS).byPid.size).toBe(0)
  })

  it('is forgotten when the driver answers without it, and counts nothing of a discrete GPU', () => {
    const memory = createGpuMemory()
    const said = gpu({ processes: [{ pid: 10, bytes: 5 * GIB }] })
    memory.read({ gpu: said, processes: table }, UPTIME_MS)
    expect(memory.read({ gpu: gpu({ processes: [] }), processes: table }, UPTIME_MS).byPid.size).toBe(0)
    expect(
      memory.read({ gpu: { ...said, topology: 'discrete' }, processes: table }, UPTIME_MS).byPid.size
    ).toBe(0)
  })

  it('does not take an N/A row for nothing', () => {
    const memory = createGpuMemory()
    const unknown = gpu({ processes: [{ pid: 10, bytes: 'unknown' }] })
    expect(memory.read({ gpu: unknown, processes: table }, UPTIME_MS).byPid.has(10)).toBe(false)
  })
})
