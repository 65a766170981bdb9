import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHUNK_BYTES } from '../../../../src/main/models/byte-window.ts'
import { parseGgufHeader, type GgufHeader } from '../../../../src/main/models/gguf/parse-header.ts'
import { Refusal } from '../../../../src/main/models/model-problem.ts'
import { layOut, list, value } from '../../../support/gguf-writer.ts'
import { memoryFile } from '../../../support/memory-file.ts'

// No bytes whatever make the reader throw anything but a refusal, take half a file for a whole one, or read for ever.

const MIB = 1_048_576
/** Where a value goes over the end of a chunk, what was left of that is read once more: a third at most. */
const READ_AGAIN = 1.34
const MOST_HEADER_BYTES = 256 * MIB

const SMALL = layOut({
  values: [
    ['general.architecture', value('text', 'llama')],
    ['general.name', value('text', 'Small')],
    ['llama.block_count', value('u32', 2)],
    ['llama.attention.head_count_kv', list('i32', [2, 0])],
    ['llama.attention.sliding_window_pattern', list('bool', [true, false])],
    ['llama.rope.freq_base', value('f32', 10_000)],
    ['tokenizer.ggml.tokens', list('text', ['a', 'b', 'ä'])],
    ['tokenizer.ggml.scores', list('f32', [0, -1, -2])]
  ],
  tensors: [
    { name: 'token_embd.weight', dimensions: [32, 3], type: 8 },
    { name: 'blk.0.attn_q.weight', dimensions: [32, 32], type: 0 },
    { name: 'blk.1.ffn_up_exps.weight', dimensions: [32, 4, 2], type: 1 },
    { name: 'blk.1.strange.weight', dimensions: [32], type: 200, bytes: 40 }
  ]
})
const whole = Buffer.concat([SMALL.header, Buffer.alloc(SMALL.dataBytes)])

/** The header, or the refusal; anything else fails the test. */
async function parse(content: Uint8Array, fileBytes = content.length): Promise<GgufHeader | Refusal> {
  const file = memoryFile(content, fileBytes)
  try {
    return await parseGgufHeader(file, fileBytes)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  } finally {
    const most = Math.min(fileBytes, MOST_HEADER_BYTES + CHUNK_BYTES)
    expect(file.readBytes).toBeLessThanOrEqual(most * READ_AGAIN)
  }
}

function expectSound(read: GgufHeader | Refusal, fileBytes: number): void {
  if (read instanceof Refusal) {
    expect(read.message).toMatch(/^is .*\.$/)
    return
  }
  expect(read.requiredBytes).toBeLessThanOrEqual(fileBytes)
  expect(read.tensors.totalBytes).toBeLessThanOrEqual(fileBytes)
  expect(read.tensors.totalBytes).toBeGreaterThanOrEqual(0)
  expect(read.tensors.layerBytes.length).toBeLessThanOrEqual(4_096)
  expect(JSON.stringify(read.hparams).length).toBeLessThan(4 * MIB)
}

describe('GGUF header, whatever the bytes', () => {
  test('whole, it is read', async () => {
    expect(await parse(whole)).toMatchObject({ architecture: 'llama', tensors: { unknownTypes: 1 } })
  })

  test('cut at any byte it is refused as incomplete', async () => {
    // What fills up behind the last tensor is not needed.
    const needed = SMALL.header.length + (SMALL.tensors.at(-1)?.offset ?? 0)
    for (let size = 1; size < needed; size += 1) {
      const read = await parse(whole.subarray(0, size))
      expect(read instanceof Refusal && read.kind, `cut to ${size} bytes`).toBe('truncated')
    }
  })

  test('any bytes', async () => {
    const tail = fc.uint8Array({ maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(tail, fc.constantFrom(0, 8), async (bytes, kept) => {
        const content = Buffer.concat([whole.subarray(0, kept), bytes])
        if (content.length > 0) expectSound(await parse(content), content.length)
      }),
      { numRuns: 500 }
    )
  })

  test('any change to a whole header', async () => {
    const spot = fc.record({
      at: fc.nat({ max: SMALL.header.length - 1 }),
      byte: fc.constantFrom(0, 1, 2, 7, 8, 9, 32, 0x7f, 0x80, 0xff)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(spot, { minLength: 1, maxLength: 6 }), async (spots) => {
        const copy = Buffer.from(whole)
        for (const { at, byte } of spots) copy[at] = byte
        expectSound(await parse(copy), copy.length)
      }),
      { numRuns: 1_500 }
    )
  })

  test('any change to a header in front of a file of any size', async () => {
    const spot = fc.record({
      at: fc.nat({ max: SMALL.header.length - 8 }),
      count: fc.bigInt(0n, 2n ** 64n - 1n)
    })
    const sizes = fc.constantFrom(100 * MIB, 2 ** 40, 2 ** 53 - 1)
    await fc.assert(
      fc.asyncProperty(spot, sizes, async ({ at, count }, fileBytes) => {
        const copy = Buffer.from(SMALL.header)
        copy.writeBigUInt64LE(count, at)
        expectSound(await parse(copy, fileBytes), fileBytes)
      }),
      { numRuns: 200 }
    )
  })

  test('a list of 2^40 empty texts in a file of 2^50 bytes is given up at the limit', async () => {
    const key = ['tokenizer.ggml.tokens', list('text', [])] as const
    const { header } = layOut({ values: [key], tensors: [] })
    const cut = header.subarray(0, header.lastIndexOf('tokens') + 'tokens'.length + 8)
    const count = Buffer.alloc(8)
    count.writeBigUInt64LE(2n ** 40n)
    const read = await parse(Buffer.concat([cut, count]), 2 ** 50)
    expect(read).toMatchObject({ kind: 'damaged', message: expect.stringContaining('goes on past 256 MiB') })
  })

  test('what is kept of a header has a bound, however long that is', async () => {
    const layers = Array.from({ length: 4_096 }, (_, at) => at)
    const values = Array.from(
      { length: 600 },
      (_, at) =>
        [
          `llama.list_${at}`,
          list(
            'u8',
            layers.map((layer) => layer % 256)
          )
        ] as const
    )
    const { header } = layOut({
      values: [['general.architecture', value('text', 'llama')], ...values, ['llama.last', value('u32', 1)]],
      tensors: []
    })
    const read = await parse(header)
    if (read instanceof Refusal) throw read
    const kept = Object.values(read.hparams).map((item) => (Array.isArray(item) ? item.length : 1))
    expect(kept.reduce((sum, one) => sum + one, 0)).toBeLessThan(MIB / 8)
    expect(kept.length).toBeGreaterThan(20)
    // A key that comes late still finds room, as lists leave some.
    expect(read.hparams['last']).toBe(1)
  })
})
