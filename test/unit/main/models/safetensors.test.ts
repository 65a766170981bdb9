import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CHUNK_BYTES } from '../../../../src/main/models/byte-window.ts'
import { readModelFacts } from '../../../../src/main/models/model-facts.ts'
import { Refusal } from '../../../../src/main/models/model-problem.ts'
import { parseSafetensorsHeader } from '../../../../src/main/models/safetensors/header.ts'
import { modelFactsSchema } from '../../../../src/shared/contract/estimate-schemas.ts'
import type { SafetensorsFacts } from '../../../../src/shared/model/model-facts.ts'
import { memoryFile } from '../../../support/memory-file.ts'
import {
  safetensorsHeader,
  withLength,
  writeSafetensors,
  type SafetensorsContent
} from '../../../support/safetensors-writer.ts'

/** Where an entry goes over the end of a chunk, what was left of that is read once more: a third at most. */
const READ_AGAIN = 1.34

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-safetensors-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const read = (path = dir) => readModelFacts(path, { kind: 'vllm', env: {}, homeDir: dir })

async function factsOf(path = dir): Promise<SafetensorsFacts> {
  const facts = await read(path)
  if (!facts.ok) throw new Error(facts.error.message)
  if (facts.value.format !== 'safetensors') throw new Error('it is no safetensors model')
  // As it goes over every wire.
  expect(modelFactsSchema.parse(facts.value)).toEqual(facts.value)
  return facts.value
}

const LINEAR: SafetensorsContent = {
  'model.embed_tokens.weight': { dtype: 'BF16', shape: [100, 16] },
  'model.layers.0.self_attn.q_proj.weight': { dtype: 'BF16', shape: [16, 16] },
  'lm_head.weight': { dtype: 'BF16', shape: [100, 16] }
}
const LINEAR_PARAMETERS = 2 * 1_600 + 256

const weights = (name: string, content = LINEAR): number => {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  return writeSafetensors(join(dir, name), content)
}
const json = (name: string, content: unknown): void =>
  writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))

describe('facts of safetensors models', () => {
  test('one file and its configuration', async () => {
    const bytes = weights('model.safetensors')
    json('config.json', {
      model_type: 'llama',
      num_hidden_layers: 2,
      hidden_size: 16,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      vocab_size: 100,
      torch_dtype: 'bfloat16'
    })
    expect(await factsOf()).toMatchObject({
      path: dir,
      repository: null,
      weightsBytes: bytes,
      parameters: LINEAR_PARAMETERS,
      files: 1,
      config: { modelType: 'llama', layers: 2, headDim: 4, kvHeads: 2, isTied: false, dtype: 'bfloat16' }
    })
    expect(bytes).toBe(2 * LINEAR_PARAMETERS)
  })

  test('what the index names counts, and nothing else beside it', async () => {
    const bytes = weights('model-00001-of-00002.safetensors') + weights('model-00002-of-00002.safetensors')
    weights('consolidated.safetensors')
    weights('model-extra.safetensors')
    weights('original/model.safetensors')
    json('consolidated.safetensors.index.json', { weight_map: { a: 'consolidated.safetensors' } })
    json('model.safetensors.index.json', {
      metadata: { total_size: 1 },
      weight_map: {
        a: 'model-00001-of-00002.safetensors',
        b: 'model-00002-of-00002.safetensors',
        c: 'model-00001-of-00002.safetensors'
      }
    })
    expect(await factsOf()).toMatchObject({ weightsBytes: bytes, files: 2, config: null })
  })

  test('without an index: all files once, without other copies of the same', async () => {
    const bytes = weights('model.safetensors')
    weights('model.fp16.safetensors')
    weights('consolidated.safetensors')
    weights('adapter_model.safetensors')
    weights('original/model.safetensors')
    expect(await factsOf()).toMatchObject({ weightsBytes: bytes, files: 1 })
  })

  test('tied where nothing says otherwise and no output matrix is there', async () => {
    weights('model.safetensors', { 'model.embed_tokens.weight': { dtype: 'F16', shape: [4, 4] } })
    json('config.json', { model_type: 'gemma2' })
    expect((await factsOf()).config?.isTied).toBe(true)
    json('config.json', { model_type: 'gemma2', tie_word_embeddings: false })
    expect((await factsOf()).config?.isTied).toBe(false)
  })

  test.each<[string, SafetensorsContent, unknown, number | null]>([
    [
      'GPTQ',
      {
        'a.qweight': { dtype: 'I32', shape: [2, 64] },
        'a.qzeros': { dtype: 'I32', shape: [1, 8] },
        'a.scales': { dtype: 'F16', shape: [1, 64] },
        'a.g_idx': { dtype: 'I32', shape: [16] },
        'norm.weight': { dtype: 'F16', shape: [16] }
      },
      { quant_method: 'gptq', bits: 4 },
      16 * 64 + 16
    ],
    [
      'MXFP4',
      {
        'a.down_proj_blocks': { dtype: 'U8', shape: [2, 8, 4, 16] },
        'a.down_proj_scales': { dtype: 'U8', shape: [2, 8, 4] }
      },
      { quant_method: 'mxfp4' },
      2 * 8 * 4 * 32
    ],
    [
      'NVFP4 of compressed-tensors',
      {
        'a.weight_packed': { dtype: 'U8', shape: [8, 8] },
        'a.weight_scale': { dtype: 'F8_E4M3', shape: [8, 1] },
        'a.weight_global_scale': { dtype: 'F32', shape: [1] },
        'a.input_global_scale': { dtype: 'F32', shape: [1] }
      },
      { quant_method: 'compressed-tensors', config_groups: { group_0: { weights: { num_bits: 4 } } } },
      128
    ],
    [
      'FP8',
      {
        'a.weight': { dtype: 'F8_E4M3', shape: [8, 8] },
        'a.weight_scale_inv': { dtype: 'F32', shape: [1, 1] }
      },
      { quant_method: 'fp8' },
      64
    ],
    [
      'bitsandbytes',
      {
        'a.weight': { dtype: 'U8', shape: [128, 1] },
        'a.weight.absmax': { dtype: 'U8', shape: [4] },
        'a.weight.quant_map': { dtype: 'F32', shape: [16] },
        'a.weight.nested_absmax': { dtype: 'F32', shape: [1] },
        'a.weight.quant_state.bitsandbytes__nf4': { dtype: 'U8', shape: [90] }
      },
      { quant_method: 'bitsandbytes', load_in_4bit: true },
      256
    ],
    ['packed, nobody says how', { 'a.qweight': { dtype: 'I32', shape: [2, 64] } }, undefined, null],
    [
      'packed, in two ways',
      { 'a.qweight': { dtype: 'I32', shape: [2, 64] } },
      {
        quant_method: 'x',
        config_groups: { a: { weights: { num_bits: 4 } }, b: { weights: { num_bits: 8 } } }
      },
      null
    ]
  ])('parameters of packed weights: %s', async (_, content, quantization_config, parameters) => {
    weights('model.safetensors', content)
    json('config.json', { model_type: 'x', quantization_config })
    expect((await factsOf()).parameters).toBe(parameters)
  })

  test("NVIDIA's own file of quantisation", async () => {
    weights('model.safetensors', { 'a.weight': { dtype: 'U8', shape: [8, 8] } })
    json('config.json', { model_type: 'llama' })
    json('hf_quant_config.json', {
      producer: { name: 'modelopt' },
      quantization: { quant_algo: 'NVFP4', kv_cache_quant_algo: 'FP8' }
    })
    expect(await factsOf()).toMatchObject({
      parameters: 128,
      config: { quantMethod: 'modelopt', kvCacheType: 'fp8' }
    })
  })

  test('a checkpoint that is one file', async () => {
    const bytes = weights('flux1-dev.safetensors')
    expect(await factsOf(join(dir, 'flux1-dev.safetensors'))).toMatchObject({
      path: join(dir, 'flux1-dev.safetensors'),
      weightsBytes: bytes,
      config: null
    })
  })

  test('a pipeline: the models of the folders below it, not the same once more beside them', async () => {
    json('model_index.json', {})
    json('config.json', { model_type: 'x' })
    const bytes =
      weights('transformer/diffusion_pytorch_model.safetensors') + weights('vae/model.safetensors')
    weights('flux1-dev.safetensors')
    mkdirSync(join(dir, 'scheduler'))
    expect(await factsOf()).toMatchObject({ weightsBytes: bytes, files: 2, config: null })
  })

  test.each<[string, () => string, string, string]>([
    [
      'a file that its index names is missing',
      () => {
        weights('a.safetensors')
        json('model.safetensors.index.json', { weight_map: { x: 'a.safetensors', y: 'b.safetensors' } })
        return dir
      },
      'truncated',
      'of its 2 files b.safetensors is missing'
    ],
    [
      'a shard is missing and there is no index',
      () => {
        weights('model-00001-of-00003.safetensors')
        return dir
      },
      'truncated',
      '2 files are missing'
    ],
    [
      'an index that names files elsewhere',
      () => {
        json('model.safetensors.index.json', { weight_map: { x: '../../etc/x.safetensors' } })
        return dir
      },
      'damaged',
      'it names no files'
    ],
    [
      'an index without names',
      () => {
        json('model.safetensors.index.json', { weight_map: { x: 7 } })
        return dir
      },
      'damaged',
      'it names no files'
    ],
    [
      'a configuration cut off',
      () => {
        weights('model.safetensors')
        json('config.json', '{"model_type": "ll')
        return dir
      },
      'damaged',
      'config.json is damaged: it is no JSON object'
    ],
    [
      'a configuration nested without end',
      () => {
        weights('model.safetensors')
        json('config.json', '['.repeat(1_000_000))
        return dir
      },
      'damaged',
      'no JSON object'
    ],
    [
      'a configuration of 10 MB',
      () => {
        weights('model.safetensors')
        json('config.json', ' '.repeat(10_000_000))
        return dir
      },
      'unreadable',
      'is too long'
    ],
    [
      'a file cut off in its tensors',
      () => {
        weights('model.safetensors')
        truncateSync(join(dir, 'model.safetensors'), 3_000)
        return dir
      },
      'truncated',
      'is incomplete: 2.9 of'
    ],
    [
      'a file cut off in its header',
      () => {
        weights('model.safetensors')
        truncateSync(join(dir, 'model.safetensors'), 100)
        return dir
      },
      'truncated',
      'it ends inside its header, after 100 B'
    ],
    [
      'a web page with the name of a model',
      () => {
        json('model.safetensors', '<!doctype html><html></html>')
        return dir
      },
      'not-safetensors',
      'is not a safetensors file'
    ]
  ])('%s: refused in words', async (_, path, kind, words) => {
    const refused = await read(path())
    expect(refused).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining(words) } })
    if (!refused.ok) expect(refused.error.message).toMatch(/\.$/)
  })
})

describe('safetensors header, whatever the bytes', () => {
  async function parse(content: Uint8Array, fileBytes = content.length) {
    const file = memoryFile(content, fileBytes)
    try {
      return await parseSafetensorsHeader(file, fileBytes)
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    } finally {
      expect(file.readBytes).toBeLessThanOrEqual(Math.min(fileBytes, 100_000_008 + CHUNK_BYTES) * READ_AGAIN)
    }
  }
  const { header, dataBytes } = safetensorsHeader(LINEAR, { note: 'a "quoted" {brace' })
  const whole = Buffer.concat([header, Buffer.alloc(dataBytes)])

  test('notes of any length are passed over, blanks behind the header too', async () => {
    const notes = JSON.stringify({ __metadata__: { tags: '{"\\'.repeat(200_000) }, a: entry(0, 4) })
    const text = withLength(`${notes}      `)
    expect(await parse(Buffer.concat([text, Buffer.alloc(4)]))).toMatchObject({
      dataBytes: 4,
      plainElements: 1
    })
  })

  test('tens of thousands of tensors', async () => {
    const tensors = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, at) => [`layers.${at}.weight`, { dtype: 'F32', shape: [2] }])
    )
    const large = safetensorsHeader(tensors)
    expect(await parse(large.header, large.header.length + large.dataBytes)).toMatchObject({
      dataBytes: 240_000,
      plainElements: 60_000
    })
  })

  test.each<[string, string, string]>([
    ['a list', '[]', 'not-safetensors'],
    ['a number as an entry', '{"a":1}', 'damaged'],
    ['an entry without a shape', '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 'damaged'],
    ['negative sizes', '{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 'damaged'],
    ['an end before its begin', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', 'damaged'],
    ['an entry without end', `{"a":{"dtype":"F32${' '.repeat(70_000)}`, 'damaged'],
    ['a name without end', `{"${'a'.repeat(300_000)}`, 'damaged'],
    ['notes without end', `{"__metadata__":{"a":"${'b'.repeat(300_000)}`, 'damaged'],
    ['notes that are a text', '{"__metadata__":"a"}', 'damaged'],
    ['no end', '{', 'damaged'],
    ['no comma', '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,0]}"b":{}}', 'damaged'],
    ['nested without end', `{"a":${'{"a":'.repeat(20_000)}`, 'damaged']
  ])('%s is refused', async (_, text, kind) => {
    expect(await parse(withLength(text.padEnd(2)))).toMatchObject({ kind })
  })

  test('cut at any byte', async () => {
    for (let size = 0; size < header.length; size += 1) {
      expect(await parse(whole.subarray(0, size)), `cut to ${size} bytes`).toMatchObject({
        kind: 'truncated'
      })
    }
  })

  test('any change, and any length', async () => {
    const spot = fc.record({ at: fc.nat({ max: header.length - 1 }), byte: fc.nat({ max: 255 }) })
    const sizes = fc.constantFrom(whole.length, 2 ** 30, 2 ** 53 - 1)
    await fc.assert(
      fc.asyncProperty(fc.array(spot, { maxLength: 5 }), sizes, async (spots, fileBytes) => {
        const copy = Buffer.from(whole)
        for (const { at, byte } of spots) copy[at] = byte
        const parsed = await parse(copy, fileBytes)
        if (!(parsed instanceof Refusal)) expect(parsed.dataBytes).toBeLessThan(fileBytes)
      }),
      { numRuns: 800 }
    )
  })

  test('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        await parse(withLength(text))
      }),
      { numRuns: 500 }
    )
  })
})

const entry = (begin: number, end: number) => ({ dtype: 'F32', shape: [1], data_offsets: [begin, end] })
