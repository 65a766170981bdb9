import { describe, expect, test } from 'vitest'
import { groupGgufNames, projectorFinder } from '../../../../src/main/models/gguf-names.ts'
import { safetensorsNames } from '../../../../src/main/models/safetensors-names.ts'

const grouped = (...names: readonly string[]): readonly string[] =>
  groupGgufNames(names).map(
    ({ stem, files, parts, isPartial }) => `${stem} ${files.length}/${parts}${isPartial ? ' partial' : ''}`
  )

describe('GGUF names of one folder', () => {
  test('a split model is one, whatever the order', () => {
    expect(grouped('a-00002-of-00002.gguf', 'b.gguf', 'a-00001-of-00002.gguf')).toEqual(['a 2/2', 'b 1/1'])
    expect(groupGgufNames(['a-00002-of-00002.gguf', 'a-00001-of-00002.gguf'])[0]?.files).toEqual([
      'a-00001-of-00002.gguf',
      'a-00002-of-00002.gguf'
    ])
  })

  test.each([
    [['a-00001-of-00003.gguf', 'a-00003-of-00003.gguf'], ['a 2/3 partial']],
    [['a-00002-of-00002.gguf'], ['a 1/2 partial']],
    [['a-00001-of-00002.gguf', 'a-00002-of-00002.gguf.part'], ['a 2/2 partial']],
    [['a.gguf.downloadInProgress'], ['a 1/1 partial']],
    [['downloading_a.gguf.part'], ['a 1/1 partial']],
    [
      ['a.gguf.crdownload', 'b.gguf'],
      ['a 1/1 partial', 'b 1/1']
    ],
    [['a.gguf', 'a.gguf.aria2'], ['a 1/1 partial']],
    [
      ['a.gguf', 'a.gguf.incomplete'],
      ['a 1/1', 'a 1/1 partial']
    ],
    [
      ['a-00001-of-00002.gguf', 'a-00001-of-00003.gguf'],
      ['a 1/2 partial', 'a 1/3 partial']
    ]
  ])('%j', (names, expected) => {
    expect(grouped(...names)).toEqual(expected)
  })

  test('projectors and other files are no models', () => {
    expect(grouped('mmproj-a.gguf', 'a.mmproj-Q8_0.gguf', 'a.txt', 'gguf', 'a.gguf.txt')).toEqual([])
  })
})

describe('a projector and its model', () => {
  const paired = (model: string, ...others: readonly string[]): string | null => {
    const names = [`${model}.gguf`, ...others]
    return projectorFinder(names, groupGgufNames(names))(model)
  }
  test.each([
    ['gemma-3-27b-it-Q6_K', ['mmproj-gemma-3-27b-it-f16.gguf'], 'mmproj-gemma-3-27b-it-f16.gguf'],
    ['Qwen2.5-VL-7B-Instruct-UD-Q4_K_XL', ['mmproj-F16.gguf'], 'mmproj-F16.gguf'],
    ['llava-v1.6-Q4_0', ['mmproj-model-f16.gguf'], 'mmproj-model-f16.gguf'],
    ['gemma-3-4b-it-Q6_K', ['mmproj-gemma-3-27b-it-f16.gguf'], null],
    ['a-Q4_K_M', ['mmproj-b-f16.gguf', 'mmproj-a-f16.gguf'], 'mmproj-a-f16.gguf'],
    ['a-Q4_K_M', ['mmproj-f16.gguf', 'mmproj-a-f16.gguf'], 'mmproj-a-f16.gguf'],
    ['a-Q4_K_M', ['mmproj-f16.gguf', 'a-Q8_0.gguf'], 'mmproj-f16.gguf'],
    ['a-Q4_K_M', ['mmproj-f16.gguf', 'quite-another.gguf'], null],
    ['a', [], null]
  ])('%s beside %j: %s', (model, others, expected) => {
    expect(paired(model, ...others)).toBe(expected)
  })
})

describe('safetensors names of one folder', () => {
  const shards = (from: number, to: number, last: number, stem = 'model'): readonly string[] =>
    Array.from(
      { length: to - from + 1 },
      (_, at) =>
        `${stem}-${String(from + at).padStart(5, '0')}-of-${String(last).padStart(5, '0')}.safetensors`
    )
  const INDEX = 'model.safetensors.index.json'
  test.each([
    ['one file', ['model.safetensors'], { parts: 1, isMissing: false }],
    ['all shards', [...shards(1, 3, 3), INDEX], { parts: 3, isMissing: false }],
    ['a shard is missing', [...shards(1, 2, 3), INDEX], { parts: 3, isMissing: true }],
    ['only the index', [INDEX, 'config.json'], { files: [], isMissing: true }],
    ['an index and another file', [INDEX, 'vae.safetensors'], { isMissing: true }],
    ['shards counted from 0 to the last', [...shards(0, 2, 2), INDEX], { parts: 3, missingIfIndexed: null }],
    [
      'shards counted from 0, the last not there',
      [...shards(0, 1, 2), INDEX],
      { isMissing: false, missingIfIndexed: 'model-00002-of-00002.safetensors' }
    ],
    ['the same twice', [...shards(1, 2, 2), 'consolidated.safetensors'], { parts: 2, isMissing: false }],
    ['only the other form', ['consolidated.safetensors'], { parts: 1, isMissing: false }]
  ])('%s', (_what, names, expected) => {
    expect(safetensorsNames(names)).toMatchObject(expected)
  })
  test('an adapter and a folder without weights are no models', () => {
    expect(safetensorsNames(['adapter_model.safetensors', 'config.json'])).toBeNull()
    expect(safetensorsNames(['config.json'])).toBeNull()
  })
})
