import { describe, expect, test } from 'vitest'
import { GIB, MIB, bytesOf, bytesText, bytesWords, sizeText } from '../../../src/renderer/src/format/bytes.ts'
import { aboutText, durationText } from '../../../src/renderer/src/format/duration.ts'
import { freeId, modelName, shortPath, slug } from '../../../src/renderer/src/format/names.ts'
import { pressureWords } from '../../../src/renderer/src/format/pressure.ts'
import { shown } from '../../../src/renderer/src/format/reading.ts'
import { loadProgress } from '../../../src/renderer/src/format/runner.ts'
import { runnerIdSchema } from '../../../src/shared/contract/schemas.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

test.each([
  [0, '0 MiB'],
  [1, '< 1 MiB'],
  [812 * MIB, '812 MiB'],
  [GIB - 1, '1.0 GiB'],
  [61.24 * GIB, '61.2 GiB'],
  [119.7 * GIB, '119.7 GiB']
])('%d bytes in a table read %s', (bytes, text) => expect(plain(bytesText(bytes))).toBe(text))

test.each([
  [37.4 * GIB, '37 GiB'],
  [6.44 * GIB, '6.4 GiB'],
  [9.97 * GIB, '10 GiB'],
  [512 * MIB, '512 MiB']
])('%d bytes in a sentence read %s', (bytes, text) => expect(plain(bytesWords(bytes))).toBe(text))

test('progress is in the unit of the whole', () => {
  expect(plain(bytesOf(38.1 * GIB, 61.2 * GIB))).toBe('38.1 of 61.2 GiB')
  expect(plain(bytesOf(3 * MIB, 14 * MIB))).toBe('3 of 14 MiB')
})

test.each([
  [0.81, '0.8 s'],
  [12.2, '12 s'],
  [180, '3 min'],
  [7500, '2 h 5 min'],
  [400_000, '5 days']
])('%d s read %s', (seconds, text) => expect(plain(durationText(seconds))).toBe(text))

test('a guess has no decimals and is never 0 s', () => {
  expect(plain(aboutText(5.6))).toBe('6 s')
  expect(plain(aboutText(0.2))).toBe('1 s')
})

test('what is not known is said in words, never 0', () => {
  expect(shown('not-supported', '%', 'the driver')).toEqual({
    known: false,
    words: 'not reported by the driver'
  })
  expect(shown('unknown', '%', 'the driver').known).toBe(false)
  expect(shown(0, '%', 'the driver')).toEqual({ known: true, value: '0', unit: '%' })
  expect(sizeText('unknown')).toBe('size not known')
  expect(pressureWords('unknown').word).toBe('not reported by the kernel')
})

test('pressure comes as a word, its figure as detail', () => {
  const line = (avg10Pct: number) => ({ avg10Pct, avg60Pct: 0, avg300Pct: 0, totalUs: 0 })
  expect(pressureWords({ some: line(12.4), full: 'unknown' }).word).toBe('Noticeable')
  expect(pressureWords({ some: line(12.4), full: line(3) }).detail).toContain(
    'PSI some 12.4 %, full 3.0 % over 10 s'
  )
  expect(pressureWords({ some: line(0), full: line(0) }).word).toBe('None')
})

describe('names', () => {
  test('a model is called by its file', () =>
    expect(modelName('/m/Qwen3-32B-Q4_K_M.gguf')).toBe('Qwen3-32B-Q4_K_M'))
  test('a long path keeps its end', () =>
    expect(shortPath('/a/very/long/path/model.gguf', 12)).toBe('…/model.gguf'))
  test.each(['Qwen3 32B (Q4)', '--x', 'Größe', '…', 'a'.repeat(300), '.hidden'])(
    '%s gives an id the contract takes',
    (name) => {
      expect(runnerIdSchema.safeParse(slug(name)).success).toBe(true)
    }
  )
  test('a taken id gets a number and stays short enough', () => {
    expect(freeId('a', new Set(['a', 'a-2']))).toBe('a-3')
    const long = 'a'.repeat(64)
    expect(freeId(long, new Set([long])).length).toBe(64)
  })
})

test('load progress: known, unknown, none', () => {
  expect(loadProgress({ state: 'loading', loadedBytes: GIB, modelBytes: 4 * GIB })?.share).toBe(0.25)
  expect(loadProgress({ state: 'loading', loadedBytes: 9 * GIB, modelBytes: 4 * GIB })?.share).toBe(1)
  expect(loadProgress({ state: 'loading', loadedBytes: 'unknown', modelBytes: GIB })?.share).toBeNull()
  expect(loadProgress({ state: 'ready', loadedBytes: GIB, modelBytes: GIB })).toBeNull()
})
