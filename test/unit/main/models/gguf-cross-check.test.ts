import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gguf } from '@huggingface/gguf'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readGgufHeader } from '../../../../src/main/models/gguf/header.ts'
import { tensorBytes } from '../../../../src/main/models/gguf/types.ts'
import { list, value, writeSparseGguf, type GgufContent } from '../../../support/gguf-writer.ts'
import { makeGguf } from '../../../support/make-gguf.ts'

// Two readers that know nothing of each other see the same in the same files.

let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-gguf-cross-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const plain = (given: unknown): unknown =>
  typeof given === 'bigint' ? Number(given) : Array.isArray(given) ? given.map(plain) : given

/** What Hugging Face's reader says, in the words of ours. */
async function theirs(path: string) {
  const { metadata, tensorInfos } = await gguf(path, { allowLocalFile: true })
  const values = new Map<string, unknown>(Object.entries(metadata))
  const architecture = String(values.get('general.architecture') ?? '')
  const hparams = [...values]
    .filter(([key]) => key.startsWith(`${architecture}.`))
    .map(([key, one]) => [key.slice(architecture.length + 1), plain(one)] as const)
  const tokens = values.get('tokenizer.ggml.tokens')
  const sizes = tensorInfos.map(({ name, dtype, shape }) => ({
    name,
    elements: shape.reduce((product, size) => product * Number(size), 1),
    bytes: tensorBytes(dtype, shape.map(Number)) ?? 0
  }))
  const sum = (of: (name: string) => boolean): number =>
    sizes.filter(({ name }) => of(name)).reduce((total, { bytes }) => total + bytes, 0)
  return {
    version: Number(values.get('version')),
    architecture,
    name: values.get('general.name') ?? null,
    hparams: Object.fromEntries(hparams),
    tokens: Array.isArray(tokens) ? tokens.length : null,
    tensorCount: tensorInfos.length,
    totalBytes: sum(() => true),
    embeddingBytes: sum((name) => name === 'token_embd.weight'),
    expertBytes: sum((name) => name.includes('_exps.')),
    parameters: sizes.reduce((total, { elements }) => total + elements, 0)
  }
}

async function ours(path: string) {
  const read = await readGgufHeader(path)
  if (!read.ok) throw new Error(read.error.message)
  const { version, architecture, name, hparams, tensorCount, tensors } = read.value
  return {
    version,
    architecture,
    name,
    hparams,
    tensorCount,
    totalBytes: tensors.totalBytes,
    embeddingBytes: tensors.tokenEmbeddingBytes,
    expertBytes: tensors.expertLayerBytes.reduce((sum, bytes) => sum + bytes, 0),
    parameters: tensors.parameters
  }
}

async function expectSame(path: string): Promise<void> {
  const { tokens, ...seen } = await theirs(path)
  expect(await ours(path)).toEqual(seen)
  const read = await readGgufHeader(path)
  if (read.ok && tokens !== null && read.value.hparams['vocab_size'] === undefined) {
    expect(read.value.vocabularySize).toBe(tokens)
  }
}

const written = (name: string, content: GgufContent): string => {
  const path = join(dir, name)
  writeSparseGguf(path, content)
  return path
}

describe("against Hugging Face's reader", () => {
  test.each(['llama', 'qwen3'])('a loadable model: %s', async (architecture) => {
    await expectSame(makeGguf(join(dir, `${architecture}.gguf`), { architecture, layers: 3 }))
  })

  test('each part of a split model', async () => {
    makeGguf(join(dir, 'split'), { parts: 3 })
    for (const part of [1, 2, 3]) await expectSame(join(dir, `split-0000${part}-of-00003.gguf`))
  })

  test('values of every type, lists by layer, other alignment, version 2', async () => {
    const path = written('types.gguf', {
      version: 2,
      alignment: 64,
      values: [
        ['general.architecture', value('text', 'gemma3')],
        ['general.name', value('text', 'Größe ✓')],
        ['gemma3.a', value('u8', 255)],
        ['gemma3.b', value('i8', -128)],
        ['gemma3.c', value('u16', 65_535)],
        ['gemma3.d', value('i16', -32_768)],
        ['gemma3.e', value('u32', 4_294_967_295)],
        ['gemma3.f', value('i32', -2_147_483_648)],
        ['gemma3.g', value('f32', 0.1)],
        ['gemma3.h', value('bool', true)],
        ['gemma3.i', value('text', 'linear')],
        ['gemma3.j', value('u64', Number.MAX_SAFE_INTEGER)],
        ['gemma3.k', value('i64', -5)],
        ['gemma3.l', value('f64', 1e-300)],
        ['gemma3.attention.head_count_kv', list('u32', [8, 0, 8, 0])],
        ['gemma3.attention.sliding_window_pattern', list('bool', [true, true, false, true])],
        ['gemma3.rope.scaling', list('f32', [1, 0.5])],
        ['gemma3.many', list('u64', [1, 2, 3])],
        ['tokenizer.ggml.tokens', list('text', ['', 'ä', 'x'.repeat(70_000)])]
      ],
      tensors: [
        { name: 'token_embd.weight', dimensions: [256, 3], type: 12 },
        { name: 'blk.0.ffn_up_exps.weight', dimensions: [256, 32, 4], type: 39 },
        { name: 'blk.1.attn_norm.weight', dimensions: [7], type: 0 }
      ]
    })
    await expectSame(path)
  })

  test('a long list of texts over the ends of many chunks', async () => {
    const tokens = Array.from({ length: 60_000 }, (_, at) => 'x'.repeat(at % 37))
    const path = written('long.gguf', {
      values: [
        ['general.architecture', value('text', 'llama')],
        ['tokenizer.ggml.tokens', list('text', tokens)],
        ['llama.block_count', value('u32', 7)]
      ],
      tensors: [{ name: 'output.weight', dimensions: [64, 64], type: 8 }]
    })
    await expectSame(path)
  })

  test('any shapes and types of tensors, any hyper-parameters', async () => {
    const tensor = fc.record({
      layer: fc.nat({ max: 40 }),
      kind: fc.constantFrom('attn_q.weight', 'ffn_up_exps.weight', 'ffn_norm.weight'),
      rows: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
      blocks: fc.integer({ min: 1, max: 8 }),
      type: fc.constantFrom(0, 1, 2, 8, 12, 14, 30)
    })
    const numbers = fc.dictionary(
      fc.constantFrom('block_count', 'attention.head_count', 'vocab_size', 'ssm.inner_size'),
      fc.nat({ max: 4_294_967_295 })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(tensor, { minLength: 1, maxLength: 12 }), numbers, async (tensors, given) => {
        const path = written('any.gguf', {
          values: [
            ['general.architecture', value('text', 'llama')],
            ...Object.entries(given).map(([key, one]) => [`llama.${key}`, value('u32', one)] as const)
          ],
          tensors: tensors.map(({ layer, kind, rows, blocks, type }, at) => ({
            name: `blk.${layer}.${at}.${kind}`,
            dimensions: [256 * blocks, ...rows],
            type
          }))
        })
        await expectSame(path)
      }),
      { numRuns: 60 }
    )
  })
})
