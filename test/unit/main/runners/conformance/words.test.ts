import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { RUNNER_KINDS } from '../../../../../src/shared/model/runner.ts'

/** A server may write 100 MB a minute; the log that is kept is far smaller, but nobody promises the adapter so. */
const FLOOD_CHARACTERS = 100_000_000
const LINE = 'INFO 11-22 10:00:00 [loggers.py:1] Engine 000: Avg prompt throughput: 0.0 tokens/s, 45% of it\n'
const FLOOD = LINE.repeat(Math.ceil(FLOOD_CHARACTERS / LINE.length))
/** What makes careless patterns try the same text again and again. */
const TRAPS: Readonly<Record<string, string>> = {
  'one endless line': 'A'.repeat(1_000_000),
  'one endless word of an error': `${'a.'.repeat(200_000)}Error`,
  'nearly an option': `error: argument --${'a'.repeat(400_000)}`,
  'nothing but line ends': '\n'.repeat(1_000_000),
  'nothing but progress': 'Loading '.repeat(100_000),
  'bytes that are no text': '\u0000\uFFFD\u001B[31m'.repeat(100_000)
}

describe.each(RUNNER_KINDS)('the log of %s', (kind) => {
  const { explainExit, loadedShare } = ADAPTERS[kind]
  test('says nothing where it is empty', () => {
    expect(explainExit('')).toBeNull()
    expect(loadedShare('')).toBeNull()
  })
  test('of 100 MB is read all the same', () => {
    explainExit(FLOOD)
    loadedShare(FLOOD)
  })
  test.each(Object.keys(TRAPS))('with %s is read all the same', (name) => {
    const text = TRAPS[name] ?? ''
    const words = explainExit(text)
    expect(words === null || words.length < 1_000).toBe(true)
    const share = loadedShare(text)
    expect(share === null || (share >= 0 && share <= 1)).toBe(true)
  })
  test.each(['Loading: -5%', 'Loading shards: 900%', 'Loading: %', 'Loading shards: 99999999999999999%'])(
    '%s is no share',
    (line) => {
      const share = loadedShare(`${line}\n`)
      expect(share === null || (share >= 0 && share <= 1)).toBe(true)
    }
  )
})
