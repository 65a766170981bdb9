import { describe, expect, it } from 'vitest'
import type { Expectation, GuardName } from '../../lab/cases.ts'
import type { RunScore } from '../../lab/host/score.ts'
import { median, rowsOf, type LabRow } from '../../lab/host/table.ts'

const GOOD: RunScore = {
  desktopSurvived: true,
  protectedSurvived: true,
  hogStopped: true,
  hogKilledByKernel: false,
  wrongVictims: [],
  worstStallMs: 20,
  actedAtS: 9,
  hogEndedAtS: 10,
  minAvailableMib: 250
}

const RESTED: RunScore = { ...GOOD, hogStopped: false, actedAtS: null, hogEndedAtS: null }

function rowOf(
  expectation: Expectation,
  scores: readonly (RunScore | null)[],
  guard: GuardName = 'firebreak'
): LabRow {
  const [row] = rowsOf([{ case: 'made-up', guard, expect: expectation, scores }])
  if (row === undefined) throw new Error('no row')
  return row
}

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([7])).toBe(7)
    expect(median([])).toBeNull()
  })
})

describe('a row', () => {
  it('counts over the runs that came to their end', () => {
    const row = rowOf('stop', [GOOD, { ...GOOD, worstStallMs: 40, actedAtS: 11 }, null])
    expect(row).toMatchObject({
      runs: 2,
      void_runs: 1,
      desktop_survived: 2,
      hog_stopped: 2,
      desktop_worst_stall_ms_median: 30,
      desktop_worst_stall_ms_max: 40,
      acted_at_s_median: 10,
      missed: []
    })
  })

  it('has no figures where nothing ran', () => {
    expect(rowOf('stop', [null])).toMatchObject({ runs: 0, desktop_worst_stall_ms_max: null, missed: [] })
  })
})

describe('the table', () => {
  it('has no row of what was not measured', () => {
    expect(rowsOf([{ case: 'made-up', guard: 'none', expect: 'stop', scores: [] }])).toEqual([])
  })
})

describe('the goals', () => {
  it('where the hog must be stopped', () => {
    expect(rowOf('stop', [GOOD, { ...GOOD, hogStopped: false }]).missed).toEqual([
      'the hog was not stopped in 1 of 2'
    ])
    expect(
      rowOf('stop', [{ ...GOOD, wrongVictims: ['sshd'], protectedSurvived: false }]).missed
    ).toHaveLength(2)
    expect(rowOf('stop', [GOOD, GOOD, { ...GOOD, worstStallMs: 251 }]).missed).toEqual([
      'stall of 251 ms at most'
    ])
    expect(rowOf('stop', [{ ...GOOD, worstStallMs: 60 }]).missed).toEqual([])
  })

  it('where nothing may be stopped, with the stall beside that without a guard', () => {
    const rows = (stall: number): readonly LabRow[] =>
      rowsOf([
        { case: 'rests', guard: 'none', expect: 'none', scores: [RESTED] },
        { case: 'rests', guard: 'firebreak', expect: 'none', scores: [{ ...RESTED, worstStallMs: stall }] }
      ])
    expect(rows(40)[1]?.missed).toEqual([])
    expect(rows(41)[1]?.missed).toEqual(['stall of 41 ms, 20 ms without a guard'])
    expect(rowOf('none', [GOOD]).missed).toEqual(['somebody was stopped'])
  })

  it('where the kernel chooses, it may not choose the desktop', () => {
    expect(rowOf('kernel', [{ ...RESTED, hogKilledByKernel: true, worstStallMs: 900 }]).missed).toEqual([])
    expect(
      rowOf('kernel', [{ ...RESTED, desktopSurvived: false, protectedSurvived: false }]).missed
    ).toHaveLength(2)
    expect(rowOf('kernel', [GOOD]).missed).toHaveLength(1)
  })

  it('are Firebreak’s alone', () => {
    expect(rowOf('stop', [{ ...GOOD, desktopSurvived: false }], 'earlyoom').missed).toEqual([])
  })
})
