import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventRing, MAX_EVENTS } from '../../../../src/main/sentinel/event-ring.ts'
import { passedDescriptor } from '../../../../src/main/sentinel/listen.ts'
import { createProof } from '../../../../src/main/sentinel/proof.ts'
import { restMs } from '../../../../src/main/sentinel/rest.ts'
import type { GuardEvent } from '../../../../src/shared/model/guard.ts'

const GIB = 1024 ** 3
const EVENT: Omit<GuardEvent, 'sequence'> = {
  atMs: 1,
  monotonicMs: 1,
  watchId: 'main',
  kind: 'freeze',
  victimId: 'a',
  label: 'a',
  reasons: [],
  availableBytes: 1,
  floorBytes: 1,
  secondsToEmpty: null,
  bytes: 1
}

describe('events until a core has kept them', () => {
  it('are numbered in order and forgotten when acknowledged', () => {
    const ring = createEventRing()
    for (let i = 0; i < 3; i++) ring.add(EVENT)
    expect(ring.pending().map((event) => event.sequence)).toEqual([1, 2, 3])
    ring.acknowledge(2)
    expect(ring.pending().map((event) => event.sequence)).toEqual([3])
  })
  it('are never more than fit; the oldest give way', () => {
    const ring = createEventRing()
    for (let i = 0; i < MAX_EVENTS + 10; i++) ring.add(EVENT)
    expect(ring.pending()).toHaveLength(MAX_EVENTS)
    expect(ring.pending()[0]?.sequence).toBe(11)
  })
})

describe('the proof that memory came back', () => {
  const victim = { bytes: 10 * GIB, graceMs: 5_000 }

  it('is not given before the victim is gone', () => {
    const proof = createProof(victim)
    expect(proof.step(0, 1 * GIB, false)).toBeNull()
    expect(proof.step(100, 12 * GIB, false)).toBeNull()
    expect(proof.step(200, 12 * GIB, true)).toEqual({ back: true, bytes: 11 * GIB })
  })
  it('counts from the lowest point: it may grow while it ends', () => {
    const proof = createProof(victim)
    proof.step(0, 5 * GIB, false)
    proof.step(100, 2 * GIB, false)
    expect(proof.step(200, 10 * GIB, true)).toBeNull()
    expect(proof.step(300, 11 * GIB, true)).toEqual({ back: true, bytes: 9 * GIB })
  })
  it('names what is missing after the deadline, not before', () => {
    const proof = createProof(victim)
    proof.step(0, 1 * GIB, false)
    expect(proof.step(1_000, 4 * GIB, true)).toBeNull()
    expect(proof.step(30_900, 4 * GIB, true)).toBeNull()
    expect(proof.step(31_000, 4 * GIB, true)).toEqual({ back: false, bytes: 3 * GIB })
  })
  it('gives those with a long grace a long deadline', () => {
    const proof = createProof({ bytes: 10 * GIB, graceMs: 60_000 })
    proof.step(0, 1 * GIB, true)
    expect(proof.step(100_000, 1 * GIB, true)).toBeNull()
    expect(proof.step(180_000, 1 * GIB, true)).toEqual({ back: false, bytes: 0 })
  })
})

describe('the pause at rest', () => {
  it('is the guard’s own pace whenever that is shorter than at rest', () => {
    expect(restMs(25, 1_000 * GIB)).toBe(25)
    expect(restMs(50, 1_000 * GIB)).toBe(50)
  })
  it('is longer only with much room, and leaves the fastest fall time to be proven and stopped', () => {
    expect(restMs(100, 60 * GIB)).toBe(500)
    expect(restMs(100, 0)).toBe(100)
    expect(restMs(100, -5 * GIB)).toBe(100)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2_000 * GIB, noNaN: true }), (room) => {
        const ms = restMs(100, room)
        expect(ms).toBeGreaterThanOrEqual(100)
        expect(ms).toBeLessThanOrEqual(500)
        if (ms > 100) expect((ms / 1_000 + 1.2) * 14 * GIB).toBeLessThanOrEqual(room * (1 + 1e-9))
      })
    )
  })
})

describe('the socket systemd passes', () => {
  it('is taken only when it was meant for this process', () => {
    expect(passedDescriptor({ LISTEN_PID: '5', LISTEN_FDS: '1' }, 5)).toBe(3)
    expect(passedDescriptor({ LISTEN_PID: '5', LISTEN_FDS: '1' }, 6)).toBeNull()
    expect(passedDescriptor({ LISTEN_PID: '5', LISTEN_FDS: '0' }, 5)).toBeNull()
    expect(passedDescriptor({}, 5)).toBeNull()
  })
})
