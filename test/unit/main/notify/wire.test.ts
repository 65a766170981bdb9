import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Argument, Incoming, Outgoing } from '../../../../src/main/notify/message.ts'
import { decodeMessage, messageBytes } from '../../../../src/main/notify/message-decode.ts'
import { encodeMessage } from '../../../../src/main/notify/message-encode.ts'
import { createMessageDecoder, MAX_KEPT_BYTES } from '../../../../src/main/notify/message-stream.ts'
import { readMessage } from '../../../support/dbus-reader.ts'

const message = (body: readonly Argument[], change: Partial<Outgoing> = {}): Outgoing => ({
  type: 1,
  flags: 0,
  serial: 7,
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
  member: 'Notify',
  destination: 'org.freedesktop.Notifications',
  body,
  ...change
})

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((found) => found.replaceAll('\0', ''))
const argument: fc.Arbitrary<Argument> = fc.oneof(
  fc.record({ type: fc.constant('s' as const), value: text }),
  fc.record({ type: fc.constant('u' as const), value: fc.nat(0xffffffff) }),
  fc.record({ type: fc.constant('i' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
  fc.record({ type: fc.constant('as' as const), value: fc.array(text, { maxLength: 5 }) })
)

interface Heard {
  readonly messages: Incoming[]
  broken: boolean
}

function listen(): { heard: Heard; feed: (chunk: Buffer) => void } {
  const heard: Heard = { messages: [], broken: false }
  const feed = createMessageDecoder({
    message: (one) => void heard.messages.push(one),
    broken: () => {
      heard.broken = true
    }
  })
  return { heard, feed }
}

describe('messages on the wire', () => {
  it('are read by another reader as they were written', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 6 }), (body) => {
        const hints = {
          urgency: { type: 'y', value: 2 },
          'desktop-entry': { type: 's', value: 'x' }
        } as const
        const bytes = encodeMessage(message([...body, { type: 'a{sv}', value: hints }]))
        const read = readMessage(bytes)
        expect(read?.bytes).toBe(bytes.length)
        expect(read?.message).toMatchObject({ serial: 7, member: 'Notify' })
        expect(read?.message.body).toEqual([
          ...body.map(({ value }) => value),
          { urgency: 2, 'desktop-entry': 'x' }
        ])
      })
    )
  })

  it('are read back in whatever pieces they come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(argument, { maxLength: 4 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 97 }),
        (bodies, size) => {
          const bytes = Buffer.concat(bodies.map((body) => encodeMessage(message(body))))
          const { heard, feed } = listen()
          for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size))
          expect(heard.messages.map((one) => one.body)).toEqual(
            bodies.map((body) => body.map(({ value }) => value))
          )
          expect(heard.broken).toBe(false)
        }
      )
    )
  })

  it('a big-endian one is understood', () => {
    // A signal (type 4) with member 'A' and body u = 41.
    const bytes = Buffer.from(
      [
        '42040001',
        '00000004',
        '00000009',
        '00000017',
        '0301730000000001',
        '4100000000000000',
        '08016700',
        '01750000',
        '00000029'
      ].join(''),
      'hex'
    )
    expect(messageBytes(bytes)).toBe(bytes.length)
    expect(decodeMessage(bytes)).toMatchObject({
      type: 4,
      serial: 9,
      member: 'A',
      signature: 'u',
      body: [41]
    })
  })

  it('hostile bytes never throw and never loop', () => {
    const valid = encodeMessage(
      message([
        { type: 's', value: 'text' },
        { type: 'as', value: ['a', 'b'] }
      ])
    )
    const flipped = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((changes) => {
        const bytes = Buffer.from(valid)
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      })
    const garbage = fc.uint8Array({ minLength: 16, maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(flipped, garbage), (bytes) => {
        const { feed } = listen()
        feed(bytes)
        feed(valid)
        decodeMessage(bytes)
      }),
      { numRuns: 2000 }
    )
  })

  it('one that is far too large is passed over, and the next one is heard', () => {
    const large = encodeMessage(message([{ type: 's', value: 'x'.repeat(4 * MAX_KEPT_BYTES) }]))
    const small = encodeMessage(message([{ type: 'u', value: 5 }]))
    const { heard, feed } = listen()
    for (let at = 0; at < large.length; at += 10_000) feed(large.subarray(at, at + 10_000))
    feed(small)
    expect(heard.messages.map((one) => one.body)).toEqual([[5]])
  })

  it('a length that no message has ends the stream', () => {
    const bytes = encodeMessage(message([]))
    bytes.writeUInt32LE(0xfffffff0, 4)
    const { heard, feed } = listen()
    feed(bytes)
    feed(encodeMessage(message([])))
    expect(heard).toEqual({ messages: [], broken: true })
  })

  it('a body that does not fit its signature is no body', () => {
    const bytes = encodeMessage(message([{ type: 's', value: 'abc' }]))
    bytes.writeUInt32LE(60_000, bytes.length - 8)
    expect(decodeMessage(bytes)?.body).toBeNull()
  })
})
