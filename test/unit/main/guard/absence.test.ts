import { expect, it } from 'vitest'
import { createAbsenceWatch } from '../../../../src/main/guard/absence.ts'

it('tells that nobody guards once it lasts, and when somebody does again', () => {
  const watch = createAbsenceWatch()
  const at = (ms: number, state: 'off' | 'starting' | 'guarding' | 'gone') =>
    watch.note(ms, { state, notes: ['It ended.'] })?.text ?? null
  expect(at(0, 'starting')).toBeNull()
  expect(at(100, 'guarding')).toBeNull()
  expect(at(1_000, 'gone')).toBeNull()
  expect(at(1_500, 'guarding')).toContain('started again')
  expect(at(2_000, 'guarding')).toBeNull()
  expect(at(3_000, 'gone')).toBeNull()
  expect(at(8_000, 'gone')).toContain('Nobody guards the memory now')
  expect(at(9_000, 'gone')).toBeNull()
  expect(at(9_500, 'guarding')).toContain('started again')
  expect(at(10_000, 'gone')).toBeNull()
  expect(at(10_100, 'off')).toBeNull()
  expect(at(99_000, 'guarding')).toBeNull()
})
