import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readModelFacts } from '../../../../src/main/models/model-facts.ts'
import { Refusal } from '../../../../src/main/models/model-problem.ts'
import { parseSafetensorsHeader } from '../../../../src/main/models/safetensors/header.ts'
import { parseIndex } from '../../../../src/main/models/safetensors/index-file.ts'
import { readConfig } from '../../../../src/main/models/safetensors/json-files.ts'
import { memoryFile } from '../../../support/memory-file.ts'
import { withLength } from '../../../support/safetensors-writer.ts'

async function parse(text: string): Promise<readonly string[] | Refusal> {
  const content = Buffer.from(text)
  try {
    return await parseIndex(memoryFile(content), content.length)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** How often others have had a turn until `work` was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let isDone = false
  const count = (): void => {
    if (isDone) return
    turns += 1
    setImmediate(count)
  }
  setImmediate(count)
  await work
  isDone = true
  return turns
}

describe('index of weights', () => {
  test('each file once, however it is laid out and whatever else it says', async () => {
    const index = {
      metadata: {
        total_size: 1,
        tags: ['"weight_map": {', { a: [1, null, true] }],
        long: 'x'.repeat(400_000)
      },
      format: 'pt',
      size: 1.5e9,
      weight_map: {
        'a "quoted" \\ {name': 'b.safetensors',
        b: 'a.safetensors',
        c: 'b.safetensors',
        d: 'below/c.safetensors'
      },
      more: null
    }
    const files = ['b.safetensors', 'a.safetensors', 'below/c.safetensors']
    expect(await parse(JSON.stringify(index))).toEqual(files)
    expect(await parse(JSON.stringify(index, null, 4))).toEqual(files)
  })

  test('the same as parsed as a whole', async () => {
    const names = fc.array(fc.tuple(fc.string(), fc.constantFrom('a', 'b/c', 'ü', 'd "e"')), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(names, fc.nat({ max: 4 }), async (tensors, indent) => {
        const entries = tensors.map(([name, file]) => [name, `${file}.safetensors`])
        const map: Readonly<Record<string, string>> = Object.fromEntries(entries)
        const parsed = await parse(JSON.stringify({ weight_map: map }, null, indent))
        expect(parsed).toEqual([...new Set(Object.values(map))])
      }),
      { numRuns: 300 }
    )
  })

  test.each([
    ['nothing of it', '{}'],
    ['no names', '{"weight_map":{}}'],
    ['a list', '{"weight_map":["a.safetensors"]}'],
    ['a file that is a number', '{"weight_map":{"a":"a.safetensors","b":7}}'],
    ['a file elsewhere', '{"weight_map":{"a":"a.safetensors","b":"../b.safetensors"}}'],
    ['a file from the root', '{"weight_map":{"a":"/b.safetensors"}}'],
    ['another kind of file', '{"weight_map":{"a":"b.bin"}}'],
    ['a list of files', '["a.safetensors"]'],
    ['cut off', '{"weight_map":{"a":"a.safetensors"'],
    ['cut off in a list', '{"metadata":[[['],
    ['no comma', '{"weight_map":{"a":"a.safetensors""b":"b.safetensors"}}'],
    ['a name without end', `{"weight_map":{"${'a'.repeat(300_000)}`]
  ])('%s is refused', async (_, text) => {
    expect(await parse(text)).toMatchObject({ kind: 'damaged' })
  })

  test('too many files are refused', async () => {
    const map = (files: number) => ({
      weight_map: Object.fromEntries(Array.from({ length: files }, (_, at) => [at, `${at}.safetensors`]))
    })
    expect(await parse(JSON.stringify(map(10_000)))).toHaveLength(10_000)
    expect(await parse(JSON.stringify(map(10_001)))).toMatchObject({ kind: 'damaged' })
  })

  test('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        await parse(text)
        await parse(`{"weight_map":${text}}`)
      }),
      { numRuns: 300 }
    )
  })
})

describe('what is long does not hold up others', () => {
  const TENSORS = 200_000
  test('an index', async () => {
    const members = Array.from({ length: TENSORS }, (_, at) => `"layers.${at}":"a.safetensors"`)
    const content = Buffer.from(`{"weight_map":{${members.join(',')}}}`)
    expect(await turnsDuring(parseIndex(memoryFile(content), content.length))).toBeGreaterThan(3)
  })

  test('a header', async () => {
    const members = Array.from(
      { length: TENSORS },
      (_, at) => `"layers.${at}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
    )
    const content = Buffer.concat([withLength(`{${members.join(',')}}`), Buffer.alloc(4)])
    const file = memoryFile(content)
    expect(await turnsDuring(parseSafetensorsHeader(file, content.length))).toBeGreaterThan(3)
  })
})

describe('files', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'firebreak-index-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const put = (name: string, content: string): string => {
    writeFileSync(join(dir, name), content)
    return join(dir, name)
  }

  test('an index of more than 32 MiB is refused unread', async () => {
    truncateSync(put('model.safetensors.index.json', '{}'), 33_554_433)
    const read = await readModelFacts(dir, { kind: 'vllm', env: {}, homeDir: dir })
    expect(read).toMatchObject({
      ok: false,
      error: { kind: 'unreadable', message: expect.stringContaining('too long for an index') }
    })
  })

  const nested = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`
  test('a configuration has 64 levels at most, brackets in texts not counted', async () => {
    expect(await readConfig(put('config.json', nested(64)))).toMatchObject({ ok: true })
    expect(await readConfig(put('config.json', nested(65)))).toMatchObject({
      ok: false,
      error: { kind: 'damaged', message: expect.stringContaining('no JSON object') }
    })
    const text = JSON.stringify({ template: '{['.repeat(500) })
    expect(await readConfig(put('config.json', text))).toMatchObject({ ok: true })
  })

  test('a configuration has 1 MiB at most', async () => {
    const whole = 2 ** 20
    expect(await readConfig(put('config.json', '{}'.padEnd(whole)))).toMatchObject({ ok: true })
    expect(await readConfig(put('config.json', '{}'.padEnd(whole + 1)))).toMatchObject({
      ok: false,
      error: { kind: 'unreadable', message: expect.stringContaining('too long') }
    })
  })
})
