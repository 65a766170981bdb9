import { describe, expect, test } from 'vitest'
import { identityKey } from '../../../../../src/main/runners/supervisor/identity.ts'
import {
  bestGuess,
  findService,
  newest,
  withDescendants
} from '../../../../../src/main/runners/supervisor/service/holders.ts'
import { serviceFacts } from '../../../../../src/main/runners/supervisor/service/services.ts'
import { processRow } from '../../../../support/fake-machine.ts'

const MAIN = processRow({ pid: 10, name: 'ollama' })
const A = processRow({ pid: 11, parentPid: 10, name: 'llama-server' })
/** Older versions run their own program again. */
const B = processRow({ pid: 12, parentPid: 10, name: 'ollama' })
const HELPER = processRow({ pid: 13, parentPid: 12, name: 'helper' })
const OTHER = processRow({ pid: 20, name: 'llama-server' })
const DEAD = processRow({ pid: 14, parentPid: 10, name: 'llama-server', state: 'Z' })
const TABLE = [OTHER, B, HELPER, MAIN, A, DEAD]
const MIB = 1_048_576
const SIZES: Readonly<Record<number, number>> = { 11: 900 * MIB, 12: 100 * MIB, 13: MIB }
const bytesOf = (pid: number): number => SIZES[pid] ?? 0

describe('processes of a service', () => {
  test('its main process and all below, never a program of that name elsewhere', () => {
    const { mains, below } = findService(TABLE, ['ollama'])
    expect(mains.map((item) => item.pid)).toEqual([10])
    expect(below.map((item) => item.pid).toSorted()).toEqual([11, 12, 13])
  })

  test('parents that go in a circle end the search', () => {
    const loop = [
      processRow({ pid: 30, parentPid: 31, name: 'x' }),
      processRow({ pid: 31, parentPid: 30, name: 'ollama' })
    ]
    expect(findService(loop, ['ollama']).mains.map((item) => item.pid)).toEqual([31])
  })

  test('the holder is the largest of those that came with the load', () => {
    const { below } = findService(TABLE, ['ollama'])
    expect(newest(below, new Set([identityKey(A)]), bytesOf)?.pid).toBe(12)
    expect(newest(below, new Set(), bytesOf)?.pid).toBe(11)
    expect(newest(below, new Set(below.map(identityKey)), bytesOf)).toBeNull()
  })

  test('a pid that was given anew is another process', () => {
    const { below } = findService([MAIN, A], ['ollama'])
    expect(newest(below, new Set(['11:1']), bytesOf)?.pid).toBe(11)
  })

  test('what was loaded before: the only child, else the nearest size, else nobody', () => {
    expect(bestGuess([A], null, bytesOf)?.pid).toBe(11)
    expect(bestGuess([A, B, HELPER], null, bytesOf)).toBeNull()
    expect(bestGuess([A, B, HELPER], 120 * MIB, bytesOf)?.pid).toBe(12)
    expect(bestGuess([], 120 * MIB, bytesOf)).toBeNull()
  })

  test('a holder brings its own children along', () => {
    expect(withDescendants(B, TABLE).map((item) => item.pid)).toEqual([12, 13])
  })
})

test.each([
  ['ollama', 'llama3.2:latest', 'llama3.2', true],
  ['ollama', 'llama3.2:3b', 'llama3.2', false],
  ['ollama', 'llama3.2:3b', 'llama3.2:3b', true],
  ['lmstudio', 'openai/gpt-oss-20b:2', 'openai/gpt-oss-20b', true],
  ['lmstudio', 'openai/gpt-oss-20b:x', 'openai/gpt-oss-20b', false],
  ['lmstudio', 'openai/gpt-oss-20bx', 'openai/gpt-oss-20b', false]
] as const)('%s: %s is %s: %s', (kind, listed, wanted, same) => {
  expect(serviceFacts(kind).isSame(listed, wanted)).toBe(same)
})

test('a kind that is no service has no facts of one', () => {
  expect(() => serviceFacts('vllm')).toThrow('no service')
})
