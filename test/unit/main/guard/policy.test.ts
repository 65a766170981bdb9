import { describe, expect, it } from 'vitest'
import { policyOf, type PolicyInput } from '../../../../src/main/guard/policy.ts'
import { defaultSettings, type Settings } from '../../../../src/shared/settings/schema.ts'
import { GIB } from './fixtures.ts'

const policy = (
  guard: Partial<Settings['guard']> = {},
  more: Partial<Settings> = {},
  input: Partial<PolicyInput> = {}
) => {
  const settings = { ...defaultSettings(), ...more }
  return policyOf({
    memTotalBytes: 120 * GIB,
    settings: { ...settings, guard: { ...settings.guard, ...guard } },
    profileFloors: [],
    restsAtBytes: 'unknown',
    ...input
  })
}

describe('the guard’s policy', () => {
  it('is made of this machine where nothing is set', () => {
    expect(policy()).toEqual({
      mode: 'balanced',
      reserveBytes: 6 * GIB,
      floorBytes: 2 * GIB,
      restsAtBytes: 'unknown',
      answerMs: 15_000
    })
  })

  it('takes the user’s reserve and floor, and never a floor above the reserve', () => {
    const own = policy({}, { reserveBytes: 8 * GIB, floorBytes: 3 * GIB })
    expect(own).toMatchObject({ reserveBytes: 8 * GIB, floorBytes: 3 * GIB })
    expect(policy({}, { reserveBytes: GIB })).toMatchObject({ reserveBytes: GIB, floorBytes: GIB })
    expect(policy({}, { reserveBytes: 0 }).floorBytes).toBe(0)
  })

  it('takes the lowest floor of the running profiles over the settings’', () => {
    const floors = [null, 1.5 * GIB, 4 * GIB]
    expect(policy({}, { floorBytes: 3 * GIB }, { profileFloors: floors }).floorBytes).toBe(1.5 * GIB)
    expect(policy({}, { floorBytes: 3 * GIB }, { profileFloors: [null] }).floorBytes).toBe(3 * GIB)
  })

  it('waits as long as the user said, and for ever when relaxed', () => {
    expect(policy({ mode: 'custom', answerS: 40 }).answerMs).toBe(40_000)
    expect(policy({ mode: 'relaxed', answerS: 40 }).answerMs).toBeNull()
  })
})
