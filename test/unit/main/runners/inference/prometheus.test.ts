import { describe, expect, test } from 'vitest'
import { readMetrics } from '../../../../../src/main/runners/adapters/common/prometheus.ts'

const read = (text: string, ...names: readonly string[]): Record<string, number> =>
  Object.fromEntries(readMetrics(text, new Set(names)))

describe('metrics in Prometheus text', () => {
  test('only wanted names, summed over their labels', () => {
    const text =
      '# HELP a b\n# TYPE a gauge\na{engine="0"} 1.0\na{engine="1"} 2.5\nab 7\nb 1e3\n\nc{} 4 1700000000000\n'
    expect(read(text, 'a', 'b', 'c', 'd')).toEqual({ a: 3.5, b: 1000, c: 4 })
  })
  test('labels may hold braces, spaces, commas, escaped quotes and figures', () => {
    const text = 'a{m="x} 9 \\" {y",n="\\\\"} 5\na{m="#"}6\n'
    expect(read(text, 'a')).toEqual({ a: 11 })
  })
  test('what is no number counts for nothing, not for 0', () => {
    expect(read('a NaN\na +Inf\na -Inf\na\na x\na  \na{b="c} 5\na{b} \n', 'a')).toEqual({})
  })
  test('a last line without its end may be cut, so it is left out', () => {
    expect(read('a 1\na 12', 'a')).toEqual({ a: 1 })
  })
  test('lines of Windows, odd spaces and negative figures are read', () => {
    expect(read('a   -1.5  \r\nb\t2\r\n', 'a', 'b')).toEqual({ a: -1.5, b: 2 })
  })
  test('a line that is too long, and text without lines, are passed over', () => {
    expect(read(`a{b="${'x'.repeat(20_000)}"} 5\na 1\n`, 'a')).toEqual({ a: 1 })
    expect(read('a'.repeat(1_000_000), 'a')).toEqual({})
    expect(read('', 'a')).toEqual({})
  })
  test.each(['__proto__', 'constructor', 'toString'])('the name %s is a name like any other', (name) => {
    expect(readMetrics(`${name} 3\n`, new Set([name])).get(name)).toBe(3)
  })
})
