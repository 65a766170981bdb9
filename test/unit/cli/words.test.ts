import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/cli/did-you-mean.ts'
import { columns, formatBytes, formatReading, printable } from '../../../src/cli/format.ts'

describe('did you mean', () => {
  const known = ['status', 'start', 'stop', 'serve', 'logs']
  it.each([
    ['strat', 'start'],
    ['sttaus', 'status'],
    ['sotp', 'stop'],
    ['log', 'logs'],
    ['server', 'serve'],
    ['xyzzy', null],
    ['', null],
    ['s', null]
  ])('%j is near %j', (typed, word) => {
    expect(nearest(typed, known)).toBe(word)
  })
})

describe('figures for people', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [128 * 2 ** 30, '128 GiB'],
    [5000 * 2 ** 40, '5000 TiB']
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it('never shows a missing figure as 0', () => {
    expect(formatReading('unknown', String)).toBe('unknown')
    expect(formatReading('not-supported', String)).toBe('not supported')
    expect(formatReading(0, String)).toBe('0')
  })

  it('lines columns up', () => {
    expect(
      columns(
        [
          ['a', '1', 'x'],
          ['bbb', '22']
        ],
        [1]
      )
    ).toBe('a     1  x\nbbb  22')
  })

  it('lets no name command the terminal', () => {
    const hostile = '\u001b]0;owned\u0007 a\u202Eb \u009b31m\r\nnext\tx'
    const shown = printable(hostile)
    for (const mark of '\u001b\u0007\u009b\u202e\r') expect(shown).not.toContain(mark)
    expect(shown).toContain('\nnext\tx')
    expect(printable('python3 – Größe')).toBe('python3 – Größe')
  })
})
