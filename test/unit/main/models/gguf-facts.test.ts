import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readModelFacts } from '../../../../src/main/models/model-facts.ts'
import { modelFactsSchema } from '../../../../src/shared/contract/estimate-schemas.ts'
import type { GgufFacts } from '../../../../src/shared/model/model-facts.ts'
import {
  list,
  value,
  writeSparseGguf,
  type GgufContent,
  type GgufTensor
} from '../../../support/gguf-writer.ts'
import { makeGguf, TINY } from '../../../support/make-gguf.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-facts-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const read = (path: string) => readModelFacts(path, { kind: 'llamacpp', env: {}, homeDir: dir })

async function factsOf(path: string): Promise<GgufFacts> {
  const facts = await read(path)
  if (!facts.ok) throw new Error(facts.error.message)
  if (facts.value.format !== 'gguf') throw new Error('it is no GGUF model')
  // As it goes over every wire.
  expect(modelFactsSchema.parse(facts.value)).toEqual(facts.value)
  return facts.value
}

const put = (name: string, content: Partial<GgufContent>): string => {
  const path = join(dir, name)
  writeSparseGguf(path, {
    values: [['general.architecture', value('text', 'llama')]],
    tensors: [{ name: 'token_embd.weight', dimensions: [64, 100], type: 1 }],
    ...content
  })
  return path
}

describe('facts of a GGUF model', () => {
  test('a model in one file', async () => {
    const path = makeGguf(join(dir, 'tiny.gguf'))
    const { embedding, vocabulary, feedForward, layers } = TINY
    const layer =
      2 * 4 * embedding +
      2 * (2 * embedding * embedding + embedding * embedding + 3 * embedding * feedForward)
    expect(await factsOf(path)).toMatchObject({
      path,
      architecture: 'llama',
      name: 'synthetic',
      hparams: {
        block_count: 2,
        'attention.head_count_kv': 2,
        'attention.layer_norm_rms_epsilon': Math.fround(1e-5)
      },
      vocabularySize: vocabulary,
      tensors: {
        totalBytes: 2 * (2 * embedding * vocabulary) + 4 * embedding + layers * layer,
        tokenEmbeddingBytes: 2 * embedding * vocabulary,
        outputBytes: 2 * embedding * vocabulary,
        layerBytes: [layer, layer],
        expertLayerBytes: [0, 0],
        unknownTypes: 0
      },
      parts: 1,
      mmproj: null
    })
  })

  test('all parts of a split model together, its facts those of the whole', async () => {
    const whole = await factsOf(makeGguf(join(dir, 'whole.gguf')))
    const split = await factsOf(makeGguf(join(dir, 'split'), { parts: 3 }))
    expect(split).toMatchObject({
      hparams: whole.hparams,
      tensors: whole.tensors,
      parts: 3,
      vocabularySize: whole.vocabularySize
    })
    expect(split.fileBytes).toBeGreaterThan(whole.fileBytes)
    expect(split.largestFileBytes).toBeLessThan(whole.fileBytes)
  })

  test('a first part without tensors, as llama.cpp can split', async () => {
    const count = (part: number) => [
      ['split.no', value('u16', part)] as const,
      ['split.count', value('u16', 2)] as const
    ]
    const first = put('x-00001-of-00002.gguf', {
      values: [['general.architecture', value('text', 'llama')], ...count(0)],
      tensors: []
    })
    put('x-00002-of-00002.gguf', {
      values: count(1),
      tensors: [{ name: 'token_embd.weight', dimensions: [64, 123], type: 1 }]
    })
    expect(await factsOf(first)).toMatchObject({
      parts: 2,
      vocabularySize: 123,
      tensors: { totalBytes: 64 * 123 * 2 }
    })
  })

  test('experts, per-layer embeddings and blocks apart; old names of experts too', async () => {
    const tensor = (name: string, ...dimensions: number[]): GgufTensor => ({ name, dimensions, type: 1 })
    const path = put('moe.gguf', {
      tensors: [
        tensor('token_embd.weight', 64, 10),
        tensor('per_layer_token_embd.weight', 64, 20),
        tensor('output_norm.weight', 64),
        tensor('blk.0.attn_q.weight', 64, 64),
        tensor('blk.2.ffn_up_exps.weight', 64, 16, 8),
        tensor('blk.2.ffn_up_shexp.weight', 64, 16),
        tensor('blk.2.ffn_down.7.weight', 64, 16),
        tensor('blk.2.exp_probs_b.bias', 8)
      ]
    })
    const { tensors } = await factsOf(path)
    expect(tensors).toMatchObject({
      tokenEmbeddingBytes: 1_280,
      perLayerEmbeddingBytes: 2_560,
      outputBytes: 0,
      layerBytes: [8_192, 0, 2 * (64 * 16 * 8 + 64 * 16 + 64 * 16 + 8)],
      expertLayerBytes: [0, 0, 2 * (64 * 16 * 8 + 64 * 16)],
      expertParameters: 64 * 16 * 8 + 64 * 16
    })
  })

  test('tensors of an unknown type are measured by where the next one begins, the last by the end', async () => {
    const path = put('strange.gguf', {
      tensors: [
        { name: 'blk.0.attn_q.weight', dimensions: [64, 64], type: 1 },
        { name: 'blk.0.attn_k.weight', dimensions: [64, 64], type: 300, bytes: 2_000 },
        { name: 'blk.1.attn_q.weight', dimensions: [64], type: 0 },
        { name: 'blk.1.attn_k.weight', dimensions: [64, 64], type: 300, bytes: 3_200 }
      ]
    })
    const { tensors } = await factsOf(path)
    expect(tensors).toMatchObject({ layerBytes: [8_192 + 2_016, 256 + 3_200], unknownTypes: 2 })
  })

  test.each([
    ['the key', [['llama.vocab_size', value('u32', 77)] as const], 77],
    ['tokens', [['tokenizer.ggml.tokens', list('text', ['a', 'b'])] as const], 2],
    ['rows of the embedding', [], 100]
  ])('size of the vocabulary by %s', async (_, values, size) => {
    const path = put('v.gguf', { values: [['general.architecture', value('text', 'llama')], ...values] })
    expect((await factsOf(path)).vocabularySize).toBe(size)
  })

  test('lists with an entry per layer are kept; those of the tokenizer and very long ones are not', async () => {
    const path = put('lists.gguf', {
      values: [
        // Before the architecture is known.
        ['llama.attention.head_count_kv', list('u32', [8, 0, 8])],
        ['general.architecture', value('text', 'llama')],
        ['llama.pattern', list('bool', [true, false])],
        ['llama.longest', list('f32', Array<number>(4_096).fill(1))],
        ['llama.too_long', list('f32', Array<number>(4_097).fill(1))],
        ['llama.words', list('text', ['a'])],
        ['other.block_count', value('u32', 1)],
        ['llamas.block_count', value('u32', 1)],
        ['tokenizer.ggml.scores', list('f32', [1])],
        ['llama.none', value('f32', Number.NaN)],
        ['llama.endless', list('f32', [1, Number.POSITIVE_INFINITY])]
      ]
    })
    const { hparams } = await factsOf(path)
    expect(Object.keys(hparams)).toEqual(['attention.head_count_kv', 'pattern', 'longest'])
    expect(hparams['attention.head_count_kv']).toEqual([8, 0, 8])
    expect(hparams['pattern']).toEqual([true, false])
  })

  test('the projector beside a model that it belongs to', async () => {
    const model = put('Gemma-3-4B-Q4_K_M.gguf', {})
    const mmproj = put('mmproj-Gemma-3-4B-F16.gguf', {})
    const other = put('Qwen3-8B-Q4_K_M.gguf', {})
    expect((await factsOf(model)).mmproj).toMatchObject({ path: mmproj })
    expect((await factsOf(model)).mmproj?.fileBytes).toBeGreaterThan(12_800)
    expect((await factsOf(other)).mmproj).toBeNull()
  })

  test('a folder with one model stands for it; with several it says which', async () => {
    const path = put('a-Q4_K_M.gguf', {})
    expect((await factsOf(dir)).path).toBe(path)
    writeFileSync(join(dir, 'b.gguf.part'), 'GG')
    expect((await factsOf(dir)).path).toBe(path)
    put('b-Q8_0.gguf', {})
    expect(await read(dir)).toMatchObject({
      ok: false,
      error: { kind: 'several', message: expect.stringContaining('a-Q4_K_M, b-Q8_0') }
    })
  })

  test.each<[string, () => string, string, string]>([
    ['a list of lists', () => raw('x', 9, 9), 'damaged', 'a list holds lists'],
    ['a value of no type', () => raw('x', 13), 'damaged', 'the unknown type 13'],
    ['a list of no type', () => raw('x', 9, 14), 'damaged', 'values of the unknown type 14'],
    [
      'an alignment that is none',
      () => put('a.gguf', { values: [['general.alignment', value('u32', 48)]] }),
      'damaged',
      'its alignment of 48 bytes is impossible'
    ],
    [
      'too many dimensions',
      () => put('d.gguf', { tensors: [{ name: 'x', dimensions: [1, 1, 1, 1, 1], type: 0 }] }),
      'damaged',
      'a tensor has 5 dimensions'
    ],
    [
      'a tensor beyond all numbers',
      () => put('l.gguf', { tensors: [{ name: 'x', dimensions: [2 ** 40, 2 ** 40], type: 0, bytes: 4 }] }),
      'damaged',
      'impossibly large'
    ],
    [
      'tensors over one another',
      () => {
        const path = put('o.gguf', {
          tensors: Array.from({ length: 2 }, () => ({ name: 'x', dimensions: [8_192], type: 0, bytes: 32 }))
        })
        return grown(path, 40_000)
      },
      'damaged',
      'its tensors overlap'
    ],
    ['no architecture', () => put('n.gguf', { values: [] }), 'unsupported', 'which architecture'],
    [
      'a part under another name',
      () => {
        makeGguf(join(dir, 's'), { parts: 2 })
        renameSync(join(dir, 's-00001-of-00002.gguf'), join(dir, 'model.gguf'))
        return join(dir, 'model.gguf')
      },
      'unsupported',
      'one of 2 parts of a split model, but is not named like one'
    ],
    [
      'a part that is missing',
      () => {
        const first = makeGguf(join(dir, 's'), { parts: 3 })
        rmSync(join(dir, 's-00002-of-00003.gguf'))
        return first
      },
      'truncated',
      's-00002-of-00003.gguf is missing'
    ],
    [
      'a later part',
      () => makeGguf(join(dir, 's'), { parts: 2 }).replace('00001-of', '00002-of'),
      'unsupported',
      'first part'
    ],
    [
      'an empty folder',
      () => {
        mkdirSync(join(dir, 'empty'))
        return join(dir, 'empty')
      },
      'no-model',
      'no weights in it'
    ],
    ['nothing there', () => join(dir, 'no.gguf'), 'missing', 'There is no file']
  ])('%s is refused in words', async (_, path, kind, words) => {
    const refused = await read(path())
    expect(refused).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining(words) } })
    if (!refused.ok) expect(refused.error.message).toMatch(/\.$/)
  })
})

/** A header with one key and whatever type ids behind it. */
function raw(key: string, ...types: number[]): string {
  const bytes = Buffer.alloc(24 + 8 + key.length + types.length * 4 + 8)
  bytes.write('GGUF')
  bytes.writeUInt32LE(3, 4)
  bytes.writeBigUInt64LE(1n, 16)
  bytes.writeBigUInt64LE(BigInt(key.length), 24)
  bytes.write(key, 32)
  for (const [at, type] of types.entries()) bytes.writeUInt32LE(type, 32 + key.length + at * 4)
  const path = join(dir, 'raw.gguf')
  writeFileSync(path, bytes)
  return path
}

function grown(path: string, bytes: number): string {
  writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
  return path
}
