import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  claimableBytes,
  outstandingBytes,
  roomFor,
  type Claims,
  type Reserved
} from '../../../../../src/shared/domain/admission/ledger.ts'
import { verdictOf } from '../../../../../src/shared/domain/admission/verdict.ts'

const GIB = 1024 ** 3
const bytes = fc.integer({ min: 0, max: 512 * GIB })
const reserved = fc.record({ bytes, takenBytes: bytes })
const growing = fc.record({ growthBytes: bytes, readyBytes: bytes, nowBytes: bytes })
const claims = fc.record({
  availableBytes: bytes,
  reserveBytes: bytes,
  reserved: fc.array(reserved, { maxLength: 6 }),
  growing: fc.array(growing, { maxLength: 6 })
})
/** Total of a launch: expected, and what it may take at its peak. */
const launch = fc
  .tuple(bytes, bytes)
  .map(([one, more]) => ({ lowBytes: 0, expectedBytes: one, peakBytes: one + more }))

const claimsOf = (part: Partial<Claims>): Claims => ({
  availableBytes: 0,
  reserveBytes: 0,
  reserved: [],
  growing: [],
  ...part
})

describe('room for a launch', () => {
  test('is what is available without the reserve, what is promised and what running ones may still claim', () => {
    const room = roomFor({
      availableBytes: 100 * GIB,
      reserveBytes: 10 * GIB,
      reserved: [{ bytes: 30 * GIB, takenBytes: 12 * GIB }],
      growing: [{ growthBytes: 8 * GIB, readyBytes: 20 * GIB, nowBytes: 23 * GIB }]
    })
    expect(room).toEqual({ allocatableBytes: 67 * GIB, reservedBytes: 18 * GIB, growthBytes: 5 * GIB })
  })

  test('a reservation that took more than it was promised gives nothing back', () => {
    expect(outstandingBytes({ bytes: GIB, takenBytes: 3 * GIB })).toBe(0)
  })

  test('one that shrank since it was ready claims its growth, not what it gave back', () => {
    expect(claimableBytes({ growthBytes: GIB, readyBytes: 9 * GIB, nowBytes: 2 * GIB })).toBe(GIB)
  })

  test('figures that cannot be are none', () => {
    expect(roomFor(claimsOf({ availableBytes: Number.NaN }))).toMatchObject({ allocatableBytes: 0 })
    const bad: Reserved = { bytes: -GIB, takenBytes: -GIB }
    expect(roomFor(claimsOf({ availableBytes: GIB, reserveBytes: -GIB, reserved: [bad] }))).toEqual({
      allocatableBytes: GIB,
      reservedBytes: 0,
      growthBytes: 0
    })
  })

  test('no sum is ever negative, and more claims never make more room', () => {
    fc.assert(
      fc.property(claims, reserved, growing, (before, oneMore, grower) => {
        const room = roomFor(before)
        expect(Math.min(room.allocatableBytes, room.reservedBytes, room.growthBytes)).toBeGreaterThanOrEqual(
          0
        )
        expect(room.allocatableBytes).toBeLessThanOrEqual(before.availableBytes)
        const after = roomFor({
          ...before,
          reserved: [...before.reserved, oneMore],
          growing: [...before.growing, grower]
        })
        expect(after.allocatableBytes).toBeLessThanOrEqual(room.allocatableBytes)
      })
    )
  })

  test('what a reservation takes is counted once: the room stays the same while it fills', () => {
    fc.assert(
      fc.property(claims, bytes, fc.double({ min: 0, max: 1, noNaN: true }), (before, promised, share) => {
        const taken = Math.floor(promised * share)
        const free = before.availableBytes + promised
        const at = (takenBytes: number): number =>
          roomFor({
            ...before,
            availableBytes: free - takenBytes,
            reserved: [...before.reserved, { bytes: promised, takenBytes }]
          }).allocatableBytes
        expect(at(taken)).toBe(at(0))
      })
    )
  })

  test('the order of claims does not matter', () => {
    fc.assert(
      fc.property(claims, (one) => {
        const turned = { ...one, reserved: one.reserved.toReversed(), growing: one.growing.toReversed() }
        expect(roomFor(turned)).toEqual(roomFor(one))
      })
    )
  })

  test('two launches in a row never both pass where their sum does not fit', () => {
    fc.assert(
      fc.property(claims, launch, launch, (before, first, second) => {
        const passes = (one: typeof first, room: number): boolean =>
          verdictOf(one, 'good', room) !== 'does-not-fit'
        const { allocatableBytes } = roomFor(before)
        if (!passes(first, allocatableBytes)) return
        const after = roomFor({
          ...before,
          reserved: [...before.reserved, { bytes: first.peakBytes, takenBytes: 0 }]
        })
        if (!passes(second, after.allocatableBytes)) return
        expect(first.expectedBytes + second.expectedBytes).toBeLessThanOrEqual(allocatableBytes)
      })
    )
  })
})
