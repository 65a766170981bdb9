import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLogFrames } from '../../../../../src/main/runners/containers/log-frames.ts'

function frame(stream: number, text: string): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

async function through(chunks: readonly Buffer[]): Promise<string> {
  const out = Readable.from(chunks).pipe(createLogFrames())
  const seen: Buffer[] = []
  for await (const chunk of out) seen.push(chunk as Buffer)
  return Buffer.concat(seen).toString()
}

describe('frames of a container’s output', () => {
  const whole = Buffer.concat([frame(1, 'one\n'), frame(2, ''), frame(2, 'zwei ü\n'), frame(1, 'three\n')])

  test.each([1, 2, 3, 7, 8, 9, 64])('in pieces of %i bytes', async (size) => {
    const chunks: Buffer[] = []
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size))
    expect(await through(chunks)).toBe('one\nzwei ü\nthree\n')
  })

  test('output of a terminal has no frames and passes as it is', async () => {
    expect(await through([Buffer.from('plain text\n'), Buffer.from('more\n')])).toBe('plain text\nmore\n')
  })

  test('less than a header from a terminal is its text', async () => {
    expect(await through([Buffer.from('hi\n')])).toBe('hi\n')
  })

  test('a stream that is cut off within a frame gives what came', async () => {
    expect(await through([whole.subarray(0, 10)])).toBe('on')
    // Within a header: nothing of that is text.
    expect(await through([whole.subarray(0, 15)])).toBe('one\n')
  })
})
