import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReply } from '../../../../src/main/gpu-probe/reading.parse.ts'

const good = {
  read: 3,
  reading: { source: 'none', topology: 'none', driverVersion: null, devices: [], processes: [], note: 'none' }
}

describe('a reply of the probe', () => {
  it('is a reading or an error', () => {
    expect(parseReply(JSON.stringify(good))).toEqual(good)
    expect(parseReply('{"read":4,"error":"lost"}')).toEqual({ read: 4, error: 'lost' })
  })

  it.each([
    '',
    'null',
    '7',
    '{}',
    '{"read":"3"}',
    '{"read":3}',
    '{"read":3,"error":{}}',
    '{"read":3,"reading":null}',
    JSON.stringify(good).slice(0, -3),
    JSON.stringify({ ...good, reading: { ...good.reading, topology: 'other' } }),
    JSON.stringify({ ...good, reading: { ...good.reading, processes: [{ pid: 1, bytes: null }] } })
  ])('is not %s', (line) => {
    expect(parseReply(line)).toBeNull()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        parseReply(line)
      })
    )
  })
})
