import { describe, expect, it } from 'vitest'
import type { GpuReading } from '../../../../src/main/gpu-probe/protocol.ts'
import {
  backoffMs,
  PROBE_DEADLINES,
  snapshotAt,
  type ProbeState
} from '../../../../src/main/gpu-probe/state.ts'
import type { GpuSnapshot } from '../../../../src/shared/model/gpu.ts'

const reading: GpuReading = {
  source: 'nvml',
  topology: 'unified',
  driverVersion: '580.1',
  devices: [],
  processes: [{ pid: 7, bytes: 5 }],
  note: null
}
const state = (changes: Partial<ProbeState> = {}): ProbeState => ({
  last: { reading, atMs: 100_000 },
  unansweredSinceMs: null,
  replyError: null,
  deaths: 0,
  endedBecause: null,
  dyingPid: null,
  ...changes
})
const at = (nowMs: number, changes: Partial<ProbeState> = {}): GpuSnapshot =>
  snapshotAt(state(changes), nowMs, PROBE_DEADLINES)

describe('what the probe’s state says at a moment', () => {
  it('is starting, without an age, before the first answer', () => {
    expect(at(0, { last: null })).toMatchObject({ state: 'starting', ageMs: 'unknown', stale: true })
  })

  it('is fresh within an interval and an answer’s time', () => {
    expect(at(102_000)).toMatchObject({ state: 'ok', ageMs: 2_000, stale: false, note: null })
    expect(at(105_000).stale).toBe(false)
    expect(at(105_001).stale).toBe(true)
  })

  it('is stuck from the deadline on, keeps the old figures, and tells both ages', () => {
    expect(at(102_999, { unansweredSinceMs: 100_000 }).state).toBe('ok')
    expect(at(112_000, { unansweredSinceMs: 100_000 })).toMatchObject({
      state: 'stuck',
      stale: true,
      topology: 'unified',
      processes: [{ pid: 7, bytes: 5 }],
      note: 'The GPU driver has not answered for 12 s. The figures are 12 s old.'
    })
  })

  it('names a process that the driver does not let go', () => {
    expect(at(112_000, { unansweredSinceMs: 100_000, dyingPid: 4242 }).note).toContain('pid 4242')
  })

  it('has failed after a reading that was refused, with the last figures kept', () => {
    expect(at(102_000, { replyError: 'the GPU is lost' })).toMatchObject({
      state: 'failed',
      stale: true,
      topology: 'unified',
      note: 'The GPU could not be read: the GPU is lost. The figures are 2 s old.'
    })
  })

  it('lets one death pass while figures are fresh, and has failed after two', () => {
    const once = { deaths: 1, endedBecause: 'it was ended by SIGABRT' }
    expect(at(102_000, once)).toMatchObject({ state: 'ok', stale: false })
    expect(at(102_000, once).note).toContain('SIGABRT')
    expect(at(102_000, { ...once, deaths: 2 })).toMatchObject({ state: 'failed', stale: true })
    expect(at(102_000, { ...once, last: null }).state).toBe('failed')
  })

  it('pauses 1, 2, 4 … 60 s between starts', () => {
    expect([0, 1, 2, 5, 6, 50].map((n) => backoffMs(n, PROBE_DEADLINES))).toEqual([
      1_000, 2_000, 4_000, 32_000, 60_000, 60_000
    ])
  })
})
