import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBlackBox } from '../../../../../src/shared/domain/black-box/decode.ts'
import {
  CLEAN_END,
  encodeHeader,
  encodeLabel,
  encodeRecord,
  type BlackBoxRecord
} from '../../../../../src/shared/domain/black-box/encode.ts'
import {
  HEADER,
  HEADER_BYTES,
  LABEL_SLOT_BYTES,
  RECORD_BYTES,
  RECORDS_AT
} from '../../../../../src/shared/domain/black-box/layout.ts'

const BOOT = '0f5f1f6e-1111-4222-8333-444455556666'
const CAPACITY = 10

const recordOf = (sequence: number, more: Partial<BlackBoxRecord> = {}): BlackBoxRecord => ({
  sequence,
  atMs: 1_700_000_000_000 + sequence * 100,
  monotonicMs: sequence * 100,
  availableBytes: 1e9 - sequence,
  memTotalBytes: 2e9,
  stallSomeUs: sequence,
  stallFullUs: 'unknown',
  level: 'warn',
  ...more
})

function fileOf(sequences: readonly number[], labels: readonly string[] = []): Uint8Array {
  const bytes = new Uint8Array(RECORDS_AT + CAPACITY * RECORD_BYTES)
  bytes.set(
    encodeHeader({ bootId: BOOT, capacity: CAPACITY, sentinelPid: 7, sentinelStartTicks: 99, openedAtMs: 5 })
  )
  const holders = labels.map((label, i) => {
    const encoded = encodeLabel(new TextEncoder().encode(label))
    bytes.set(encoded.slot, HEADER_BYTES + i * LABEL_SLOT_BYTES)
    return { hash: encoded.hash, bytes: (i + 1) * 1e9 }
  })
  for (const sequence of sequences) {
    encodeRecord(bytes, RECORDS_AT + ((sequence - 1) % CAPACITY) * RECORD_BYTES, recordOf(sequence), holders)
  }
  return bytes
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, i) => i + 1)
const times = (bytes: Uint8Array): readonly number[] | undefined =>
  decodeBlackBox(bytes)?.points.map((point) => point.monotonicMs / 100)

describe('the black box on disk', () => {
  it('gives back what was written', () => {
    const content = decodeBlackBox(fileOf([1], ['vLLM (gpt-oss-120b)', 'Firefox', 'größer · 大']))
    expect(content).toMatchObject({
      bootId: BOOT,
      endedCleanly: false,
      sentinelPid: 7,
      sentinelStartTicks: 99
    })
    expect(content?.points).toEqual([
      {
        atMs: 1_700_000_000_100,
        monotonicMs: 100,
        availableBytes: 1e9 - 1,
        memTotalBytes: 2e9,
        level: 'warn',
        stallSomeUs: 1,
        stallFullUs: 'unknown',
        holders: [
          { label: 'vLLM (gpt-oss-120b)', bytes: 1e9 },
          { label: 'Firefox', bytes: 2e9 },
          { label: 'größer · 大', bytes: 3e9 }
        ]
      }
    ])
  })

  it('keeps the newest in the order in which they happened, after the ring has turned', () => {
    expect(times(fileOf(upTo(23)))).toEqual([14, 15, 16, 17, 18, 19, 20, 21, 22, 23])
  })

  it('says whether it ended in good order', () => {
    const bytes = fileOf([1])
    bytes.set(CLEAN_END, HEADER.ended)
    expect(decodeBlackBox(bytes)?.endedCleanly).toBe(true)
  })

  it('leaves out a torn record and keeps the rest', () => {
    const bytes = fileOf(upTo(5))
    bytes.fill(0xff, RECORDS_AT + 2 * RECORD_BYTES + 60, RECORDS_AT + 2 * RECORD_BYTES + 70)
    expect(times(bytes)).toEqual([1, 2, 4, 5])
  })

  it('leaves out a whole record in another place than its number says', () => {
    const bytes = fileOf(upTo(3))
    const third = RECORDS_AT + 2 * RECORD_BYTES
    bytes.copyWithin(RECORDS_AT + 7 * RECORD_BYTES, third, third + RECORD_BYTES)
    expect(times(bytes)).toEqual([1, 2, 3])
  })

  it('reads a file that was cut off', () => {
    expect(times(fileOf(upTo(8)).subarray(0, RECORDS_AT + 3 * RECORD_BYTES + 40))).toEqual([1, 2, 3])
  })

  it('cuts a long label between characters', () => {
    const content = decodeBlackBox(fileOf([1], ['ä'.repeat(40)]))
    expect(content?.points[0]?.holders[0]?.label).toBe('ä'.repeat(29))
  })

  it('names a label whose place was given away', () => {
    const bytes = fileOf([1], ['vLLM'])
    bytes.fill(0, HEADER_BYTES, HEADER_BYTES + LABEL_SLOT_BYTES)
    expect(decodeBlackBox(bytes)?.points[0]?.holders[0]?.label).toBe('unknown')
  })

  it('is none without its header', () => {
    expect(decodeBlackBox(new Uint8Array(0))).toBeNull()
    expect(decodeBlackBox(new Uint8Array(RECORDS_AT + 500))).toBeNull()
    const other = fileOf([1])
    other[HEADER.recordBytes] = 64
    expect(decodeBlackBox(other)).toBeNull()
  })

  it('survives any bytes, and never invents a point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(RECORDS_AT + CAPACITY * RECORD_BYTES - 1), fc.nat(255)), { maxLength: 60 }),
        (damage) => {
          const bytes = fileOf(upTo(CAPACITY))
          for (const [at, value] of damage) bytes[at] = value
          const points = decodeBlackBox(bytes)?.points ?? []
          for (const point of points) expect(point.availableBytes).toBe(1e9 - point.monotonicMs / 100)
        }
      )
    )
  })
})
