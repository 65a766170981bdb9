import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readGgufSummary } from '../../../../src/main/models/gguf/header.ts'
import { tensorBytes } from '../../../../src/main/models/gguf/types.ts'
import { checkModelFile } from '../../../../src/main/models/model-file.ts'
import { makeGguf } from '../../../support/make-gguf.ts'

/** As small as a loadable model gets: its header is most of it. */
const SMALLEST = { layers: 1, embedding: 32, feedForward: 32, heads: 2, headsKv: 2, vocabulary: 300 }

let dir = ''
let whole: Buffer
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-gguf-'))
  whole = readFileSync(makeGguf(join(dir, 'whole.gguf'), SMALLEST))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const write = (bytes: Uint8Array): string => {
  const path = join(dir, 'case.gguf')
  writeFileSync(path, bytes)
  return path
}
const changed = (at: number, bytes: readonly number[]): string => {
  const copy = Buffer.from(whole)
  copy.set(bytes, at)
  return write(copy)
}

describe('GGUF header', () => {
  test('a whole file: what it is and how long it must be', async () => {
    expect(await readGgufSummary(join(dir, 'whole.gguf'))).toEqual({
      ok: true,
      value: {
        version: 3,
        architecture: 'llama',
        name: 'synthetic',
        contextLength: 2048,
        partCount: 1,
        tensorCount: 12,
        requiredBytes: whole.length,
        fileBytes: whole.length
      }
    })
  })

  test('a pipe is refused at once, though nobody writes to it; a link to itself is named', async () => {
    const pipe = join(dir, 'pipe.gguf')
    execFileSync('mkfifo', [pipe])
    expect(await readGgufSummary(pipe)).toMatchObject({ ok: false, error: { kind: 'not-a-file' } })
    symlinkSync('loop.gguf', join(dir, 'loop.gguf'))
    const loop = await readGgufSummary(join(dir, 'loop.gguf'))
    expect(loop).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('the link points to itself') }
    })
  })

  test.each([1, 4, 8, 24, 100, 5_000])(
    'cut after %i bytes it is reported, never taken for whole',
    async (size) => {
      const path = join(dir, 'cut.gguf')
      copyFileSync(join(dir, 'whole.gguf'), path)
      for (const length of [whole.length - size, size]) {
        truncateSync(path, length)
        const result = await readGgufSummary(path)
        expect(result, `cut to ${length} bytes`).toMatchObject({ ok: false, error: { kind: 'truncated' } })
      }
    }
  )

  test.each([
    ['not GGUF', () => write(Buffer.from('PK\x03\x04 something else')), 'not-gguf'],
    ['version 1', () => changed(4, [1, 0, 0, 0]), 'unsupported'],
    ['big-endian', () => changed(4, [0, 0, 0, 3]), 'unsupported'],
    ['2^40 tensors', () => changed(8, [0, 0, 0, 0, 0, 1, 0, 0]), 'damaged'],
    ['2^40 keys', () => changed(16, [0, 0, 0, 0, 0, 1, 0, 0]), 'damaged'],
    ['an empty file', () => write(Buffer.alloc(0)), 'empty'],
    ['a folder', () => dir, 'not-a-file'],
    ['a device', () => '/dev/null', 'not-a-file'],
    ['nothing there', () => join(dir, 'nothing.gguf'), 'missing'],
    ['below a file', () => join(dir, 'whole.gguf', 'x'), 'missing']
  ])('%s', async (_, path, kind) => {
    const result = await readGgufSummary(path())
    expect(result).toMatchObject({ ok: false, error: { kind } })
    if (!result.ok) expect(result.error.message).toMatch(/\.$/)
  })

  test('a header that goes on for ever is given up at the limit', async () => {
    const path = join(dir, 'sparse.gguf')
    const header = Buffer.concat([
      whole.subarray(0, 8),
      Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    ])
    // One key whose value is a list of 2^30 empty strings, in a sparse file.
    const key = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 120, 9, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0])
    writeFileSync(path, Buffer.concat([header, key]))
    truncateSync(path, 10_000_000_000)
    expect(await readGgufSummary(path)).toMatchObject({ ok: false, error: { kind: 'damaged' } })
  })

  test('any bytes: a Result, never a throw', async () => {
    const tail = fc.uint8Array({ maxLength: 400 })
    await fc.assert(
      fc.asyncProperty(tail, fc.boolean(), async (bytes, withMagic) => {
        const magic = withMagic ? Buffer.from('GGUF\x03\0\0\0') : Buffer.alloc(0)
        const result = await readGgufSummary(write(Buffer.concat([magic, bytes])))
        if (result.ok) expect(result.value.requiredBytes).toBeLessThanOrEqual(result.value.fileBytes)
      }),
      { numRuns: 300 }
    )
  })

  test('any damage to a real header: a Result, never a throw', async () => {
    const spot = fc.record({ at: fc.nat({ max: 2_000 }), byte: fc.nat({ max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(spot, { minLength: 1, maxLength: 8 }), async (spots) => {
        const copy = Buffer.from(whole)
        for (const { at, byte } of spots) copy[at] = byte
        const result = await readGgufSummary(write(copy))
        if (result.ok) expect(result.value.requiredBytes).toBeLessThanOrEqual(copy.length)
      }),
      { numRuns: 300 }
    )
  })
})

describe('tensor sizes', () => {
  test.each([
    [0, [32], 128],
    [1, [64, 320], 40_960],
    [12, [4096, 4096], 9_437_184],
    [39, [2880, 10], 15_300],
    [2, [33], 36],
    [1, [], 2],
    [250, [64], null]
  ])('type %i %j', (type, dimensions, bytes) => {
    expect(tensorBytes(type, dimensions)).toBe(bytes)
  })
})

describe('a split model', () => {
  test('counts all its parts', async () => {
    const first = makeGguf(join(dir, 'split'), { parts: 3 })
    const bytes = [1, 2, 3].map((part) => statSync(join(dir, `split-0000${part}-of-00003.gguf`)).size)
    expect(await checkModelFile(first)).toMatchObject({
      ok: true,
      value: { totalBytes: bytes.reduce((sum, size) => sum + size, 0), summary: { partCount: 3 } }
    })
    expect(await checkModelFile(join(dir, 'split-00002-of-00003.gguf'))).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('Start its first part, split-00001-of-00003.gguf') }
    })
    truncateSync(join(dir, 'split-00003-of-00003.gguf'), 30_000)
    expect(await checkModelFile(first)).toMatchObject({ ok: false, error: { kind: 'truncated' } })
    rmSync(join(dir, 'split-00003-of-00003.gguf'))
    expect(await checkModelFile(first)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('split-00003-of-00003.gguf is missing') }
    })
  })
})
