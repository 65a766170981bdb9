import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineDecoder } from '../../../../src/main/transport/ndjson.ts'

function decode(chunks: readonly Buffer[], maxBytes = 1_000): (string | 'INVALID' | 'TOO LONG')[] {
  const seen: string[] = []
  const take = createLineDecoder(maxBytes, {
    line: (text) => seen.push(text),
    invalid: () => seen.push('INVALID'),
    tooLong: () => seen.push('TOO LONG')
  })
  chunks.forEach(take)
  return seen
}

describe('line framing', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(7)), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''))
        const chunks: Buffer[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = (sizes[turn % Math.max(1, sizes.length)] ?? 0) + 1
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(decode(chunks)).toEqual(lines.filter((one) => one !== ''))
      })
    )
  })

  it('keeps a character whole that is split over chunks', () => {
    const bytes = Buffer.from('"Größe €"\n')
    expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['"Größe €"'])
  })

  it('goes on after bytes that are no text', () => {
    expect(decode([Buffer.from([0xff, 0x0a]), Buffer.from('next\n')])).toEqual(['INVALID', 'next'])
  })

  it('says once that a line is too long and then nothing more', () => {
    const long = 'x'.repeat(11)
    expect(decode([Buffer.from(`ok\n${long}\nafter\n`), Buffer.from('more\n')], 10)).toEqual([
      'ok',
      'TOO LONG'
    ])
    expect(decode([Buffer.from('x'.repeat(6)), Buffer.from('x'.repeat(6))], 10)).toEqual(['TOO LONG'])
    expect(decode([Buffer.from(`${'x'.repeat(10)}\n`)], 10)).toEqual(['x'.repeat(10)])
  })
})
