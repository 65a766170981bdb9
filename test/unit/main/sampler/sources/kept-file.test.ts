import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keptFile } from '../../../../../src/main/sampler/sources/kept-file.ts'
import { fakeRoot, type FakeRoot } from '../fixtures.ts'

let root: FakeRoot
beforeEach(() => {
  root = fakeRoot()
})
afterEach(() => root.dispose())

const RETRY_READS = 30
const openDescriptors = (): number => readdirSync('/proc/self/fd').length
const text = (bytes: Buffer | 'unknown'): string => (bytes === 'unknown' ? bytes : bytes.toString())

it('reads what the file says now, through one descriptor', () => {
  root.write('f', 'one\n')
  const before = openDescriptors()
  const file = keptFile(`${root.path}/f`)
  expect(text(file.read())).toBe('one\n')
  root.write('f', 'two, longer\n')
  expect(text(file.read())).toBe('two, longer\n')
  root.write('f', '')
  expect(text(file.read())).toBe('')
  expect(openDescriptors()).toBe(before + 1)
  file.dispose()
  file.dispose()
  expect(openDescriptors()).toBe(before)
  expect(file.read()).toBe('unknown')
})

it('says unknown for a missing file and finds it later', () => {
  const file = keptFile(`${root.path}/later`)
  expect(file.read()).toBe('unknown')
  root.write('later', 'here\n')
  let reads = 0
  while (file.read() === 'unknown' && reads <= RETRY_READS) reads++
  expect(text(file.read())).toBe('here\n')
  file.dispose()
})

it('says unknown for a folder', () => {
  const file = keptFile(root.path)
  expect(file.read()).toBe('unknown')
  file.dispose()
})

it('grows with the file', () => {
  const long = `${'x'.repeat(100)}\n`.repeat(500)
  root.write('long', long)
  for (const shape of [{}, { wholeAtOnce: true }]) {
    const file = keptFile(`${root.path}/long`, shape)
    expect(text(file.read())).toBe(long)
    file.dispose()
  }
})

// The kernel hands these out a page at a time, line by line; several are longer than a page.
it.each(['vmstat', 'net/dev', 'diskstats', 'crypto', 'interrupts', 'slabinfo'])(
  'reads /proc/%s to its end',
  (name) => {
    const toEnd = keptFile(`/proc/${name}`)
    const byLines = keptFile(`/proc/${name}`, { longestLineBytes: 512 })
    const lines = text(toEnd.read()).split('\n').length
    expect(text(byLines.read()).split('\n').length).toBe(lines)
    toEnd.dispose()
    byLines.dispose()
  }
)
