import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NO_SUSPICION,
  suspect,
  type Look,
  type Suspicion
} from '../../../../src/shared/domain/liveness/suspect.ts'

const WELL: Omit<Look, 'nowMs'> = { answers: true, busyWithoutTokens: false, frozen: false }

/** One look every 3 s; the seconds at which it asked. */
function asked(looks: readonly Partial<Omit<Look, 'nowMs'>>[]): readonly number[] {
  let memory: Suspicion = NO_SUSPICION
  return looks.flatMap((look, i) => {
    const next = suspect(memory, { ...WELL, ...look, nowMs: i * 3_000 })
    memory = next
    return next.ask ? [i * 3] : []
  })
}
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one)

describe('suspicion', () => {
  it('never asks one that looks well', () => {
    expect(asked(times(500, {}))).toEqual([])
  })
  it('asks one that has been silent for 30 s, and each minute again', () => {
    expect(asked(times(50, { answers: false }))).toEqual([30, 90])
  })
  it('asks one whose requests run for two minutes without a token', () => {
    expect(asked(times(50, { busyWithoutTokens: true }))).toEqual([120])
  })
  it('begins anew once it was well, and expects nothing of one that is paused', () => {
    expect(asked([...times(9, { answers: false }), {}, ...times(9, { answers: false })])).toEqual([])
    expect(asked(times(100, { answers: false, frozen: true }))).toEqual([])
  })
  it('never asks twice within a minute', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ answers: fc.boolean(), busyWithoutTokens: fc.boolean(), frozen: fc.boolean() }),
          {
            maxLength: 200
          }
        ),
        (looks) => {
          const at = asked(looks)
          // What was well in between begins anew, and takes 30 s at least.
          at.forEach((second, i) =>
            expect(i === 0 ? 60 : second - (at[i - 1] ?? 0)).toBeGreaterThanOrEqual(30)
          )
        }
      )
    )
  })
})
