import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  BACK_DEADLINE_MS,
  describeStop,
  NOISE_AFTER_MS,
  NOISE_BYTES,
  waitForMemory,
  type Back
} from '../../../../src/main/runners/supervisor/memory-back.ts'
import { fakeMachine } from '../../../support/fake-machine.ts'

const GIB = 1_073_741_824

describe('memory is back', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  async function wait(
    availableAt: (ms: number) => number,
    beforeBytes = 10 * GIB,
    expectedBytes = GIB
  ): Promise<Back & { ms: number }> {
    const machine = fakeMachine()
    machine.available = availableAt(0)
    const abort = new AbortController().signal
    const finished = { yet: false }
    const waiting = waitForMemory({ machine, clock: machine.clock, beforeBytes, expectedBytes, abort })
    void waiting.then(() => {
      finished.yet = true
    })
    let ms = 0
    for (; !finished.yet && ms <= 2 * BACK_DEADLINE_MS; ms += 100) {
      machine.advance(100)
      machine.available = availableAt(ms)
      await vi.advanceTimersByTimeAsync(100)
    }
    return { ...(await waiting), ms }
  }

  test('at 90 % and not before', async () => {
    const rising = (ms: number): number => 10 * GIB + Math.min(1, ms / 2_000) * GIB
    const back = await wait(rising)
    expect(back.memoryIsBack).toBe(true)
    expect(back.bytesReturned).toBeGreaterThanOrEqual(0.9 * GIB)
    expect(back.ms).toBeGreaterThanOrEqual(1_800)
  })

  test('89 % for ever: not back, after the deadline', async () => {
    const back = await wait(() => 10.89 * GIB)
    expect(back.memoryIsBack).toBe(false)
    expect(back.ms).toBeGreaterThanOrEqual(BACK_DEADLINE_MS)
  })

  test('a shortfall that is only noise: back, but not before the noise has had its time', async () => {
    const back = await wait(() => 10 * GIB, 10 * GIB, NOISE_BYTES)
    expect(back).toMatchObject({ bytesReturned: 0, memoryIsBack: true })
    expect(back.ms).toBeGreaterThanOrEqual(NOISE_AFTER_MS)
    expect(back.ms).toBeLessThan(BACK_DEADLINE_MS)
  })

  test('from ten times the noise on, nothing but 90 % counts', async () => {
    const back = await wait(() => 10 * GIB + 8.9 * NOISE_BYTES, 10 * GIB, 10 * NOISE_BYTES)
    expect(back.memoryIsBack).toBe(false)
    expect(back.ms).toBeGreaterThanOrEqual(BACK_DEADLINE_MS)
  })

  test('memory that fell meanwhile is no negative return', async () => {
    expect(await wait(() => 9 * GIB)).toMatchObject({ bytesReturned: 0, memoryIsBack: false })
  })

  test('a first reading that failed proves nothing', async () => {
    expect(await wait(() => 10 * GIB, 0)).toMatchObject({ bytesReturned: 0, memoryIsBack: false })
  })
})

describe('the sentence of a stop', () => {
  const done = { label: 'tiny', seconds: 0.84, left: [], memoryIsBack: true }
  test.each([
    [
      { ...done, bytesReturned: 1.2 * GIB, bytesExpected: 1.2 * GIB },
      'Stopped tiny. 1.2 GiB came back in 0.8 s.'
    ],
    [
      { ...done, bytesReturned: 0, bytesExpected: NOISE_BYTES },
      'Stopped tiny. Its 32.0 MiB are too little to be told from what other programs take.'
    ],
    [{ ...done, bytesReturned: 0, bytesExpected: 0 }, 'Stopped tiny. It held no memory of its own.'],
    [
      { ...done, bytesReturned: 0.3 * GIB, bytesExpected: 1.2 * GIB, seconds: 30.1, memoryIsBack: false },
      'Stopped tiny, but only 0.3 of 1.2 GiB came back in 30 s: no process of it is left, so the driver still holds the rest, or another program took it meanwhile.'
    ],
    [
      {
        ...done,
        bytesReturned: 0,
        bytesExpected: GIB,
        memoryIsBack: false,
        left: [{ pid: 7, name: 'llama-server', bytes: GIB }]
      },
      'Could not stop tiny: llama-server (pid 7, 1.0 GiB) did not end, even after SIGKILL.'
    ]
  ])('%#', (outcome, text) => {
    expect(describeStop(outcome)).toMatchObject({ text, bytesReturned: outcome.bytesReturned })
  })

  test('without any figure of the driver nobody says that all is back', () => {
    const stopped = describeStop({ ...done, bytesReturned: GIB, bytesExpected: GIB, gpuReport: 'never' })
    expect(stopped.memoryIsBack).toBe(false)
    expect(stopped.text).toBe(
      'Stopped tiny: its processes are gone and 1.0 GiB came back, but the GPU driver did not report its GPU memory, so its return cannot be proven.'
    )
  })

  test('with an earlier figure it is said that it is one', () => {
    const stopped = describeStop({ ...done, bytesReturned: GIB, bytesExpected: GIB, gpuReport: 'earlier' })
    expect(stopped.memoryIsBack).toBe(true)
    expect(stopped.text).toContain('the GPU memory it had reported before was counted')
  })
})
