import { describe, expect, it } from 'vitest'
import { createHandover } from '../../../../src/main/web/handover.ts'

describe('handing the token to a browser', () => {
  it('works once', () => {
    const handover = createHandover()
    const path = handover.issue()
    expect(path).toMatch(/^\/open\/[\w-]{24}$/)
    expect(handover.redeem(path)).toBe(true)
    expect(handover.redeem(path)).toBe(false)
  })

  it('works only in time, and only for what was issued', () => {
    let nowMs = 0
    const handover = createHandover(() => nowMs)
    const path = handover.issue()
    expect(handover.redeem('/open/guess')).toBe(false)
    expect(handover.issue()).not.toBe(path)
    nowMs = 60_001
    expect(handover.redeem(path)).toBe(false)
  })
})
