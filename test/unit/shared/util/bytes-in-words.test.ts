import { expect, test } from 'vitest'
import { bytesInWords, bytesOfBytes } from '../../../../src/shared/util/bytes-in-words.ts'

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_048_575, '1.0 MiB'],
  [340 * 1_048_576, '340 MiB'],
  [1.2 * 1_073_741_824, '1.2 GiB'],
  [5_000 * 1_099_511_627_776, '5000 TiB']
])('%i bytes', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words)
})

test('two sizes share the unit of the larger', () => {
  expect(bytesOfBytes(3.1 * 1_073_741_824, 9.8 * 1_073_741_824)).toBe('3.1 of 9.8 GiB')
  expect(bytesOfBytes(0, 10_485_760)).toBe('0 of 10.0 MiB')
})
