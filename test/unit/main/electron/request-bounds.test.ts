import { describe, expect, it } from 'vitest'
import { requestIdOf, sizeProblem } from '../../../../src/main/electron/request-bounds.ts'
import { MAX_FILE_REQUEST_BYTES, MAX_REQUEST_BYTES } from '../../../../src/shared/contract/wire.ts'

describe('requestIdOf', () => {
  it('finds an id where there is a sound one', () => {
    expect(requestIdOf({ id: 7 })).toBe(7)
    for (const raw of [null, undefined, 'x', {}, { id: 'x' }, { id: -1 }, { id: 1.5 }, { id: Number.NaN }]) {
      expect(requestIdOf(raw)).toBe(-1)
    }
  })
})

describe('sizeProblem', () => {
  it('counts bytes, not characters', () => {
    const room = MAX_REQUEST_BYTES - 2
    expect(sizeProblem('a'.repeat(room))).toBeNull()
    expect(sizeProblem('a'.repeat(room + 1))?.code).toBe('payload-too-large')
    expect(sizeProblem('ä'.repeat(room / 2))).toBeNull()
    expect(sizeProblem('ä'.repeat(room / 2 + 1))?.code).toBe('payload-too-large')
  })

  it('has more room for a command that carries a file', () => {
    const input = { text: 'a'.repeat(MAX_REQUEST_BYTES) }
    expect(sizeProblem({ command: 'profiles.import', input })).toBeNull()
    expect(sizeProblem({ command: 'profiles.save', input })?.code).toBe('payload-too-large')
    const larger = { text: 'a'.repeat(MAX_FILE_REQUEST_BYTES) }
    expect(sizeProblem({ command: 'profiles.import', input: larger })?.code).toBe('payload-too-large')
  })

  it('refuses what other wires could not carry', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(sizeProblem(cycle)?.code).toBe('bad-request')
    expect(sizeProblem({ n: 1n })?.code).toBe('bad-request')
    expect(sizeProblem(undefined)).toBeNull()
  })
})
