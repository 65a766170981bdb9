import { describe, expect, it } from 'vitest'
import { checksOf, checksTable } from '../../lab/host/checks.ts'

const ROW = { check: 'a', passed: true, detail: 'so it is' }
const told = (row: object): string => `@check ${JSON.stringify(row)}\r`

describe('the checks that a guest told', () => {
  it('are its rows where it came to the end of them', () => {
    expect(checksOf(['@boot 1', told(ROW), '@checks-done', '@done 3'].join('\n'))).toEqual([ROW])
  })

  it('have one that failed where it did not', () => {
    expect(checksOf(told(ROW)).map(({ passed }) => passed)).toEqual([true, false])
  })

  it('tell what the program complained of', () => {
    const log = [told(ROW), '@BEGIN errors', 'TypeError: no', '', '@END errors', '@done 3'].join('\n')
    expect(checksOf(log).at(-1)?.detail).toBe('TypeError: no')
  })

  it('fit into cells of a table', () => {
    expect(checksTable([{ ...ROW, detail: 'a|b\nc' }])).toContain('| a | yes | a\\|b c |')
  })
})
