import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { atMostEvery } from '../../../../src/main/app/at-most-every.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('acts at once, then at most once in a while, and never loses the last one', () => {
  let acts = 0
  const paced = atMostEvery(500, () => {
    acts += 1
  })
  paced.ask()
  expect(acts).toBe(1)
  for (let n = 0; n < 10; n += 1) paced.ask()
  expect(acts).toBe(1)
  vi.advanceTimersByTime(500)
  expect(acts).toBe(2)
  vi.advanceTimersByTime(5_000)
  expect(acts).toBe(2)
  paced.ask()
  expect(acts).toBe(3)
  paced.ask()
  paced.dispose()
  vi.advanceTimersByTime(5_000)
  expect(acts).toBe(3)
})
