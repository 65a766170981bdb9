import { describe, expect, test } from 'vitest'
import { verdictOf, verdictSentence } from '../../../../../src/shared/domain/admission/verdict.ts'

const GIB = 1024 ** 3
const of = (
  expected: number,
  peak: number
): { lowBytes: number; expectedBytes: number; peakBytes: number } => ({
  lowBytes: (expected - 1) * GIB,
  expectedBytes: expected * GIB,
  peakBytes: peak * GIB
})

describe('the verdict', () => {
  test.each([
    [26, 'fits'],
    [25.9, 'tight'],
    [24, 'tight'],
    [23.9, 'does-not-fit'],
    [0, 'does-not-fit']
  ] as const)('with %s GiB free is: %s', (free, verdict) => {
    expect(verdictOf(of(24, 26), 'good', free * GIB)).toBe(verdict)
    expect(verdictOf(of(24, 26), 'rough', free * GIB)).toBe(verdict)
  })

  test('is none for what nothing is known of', () => {
    const nothing = { lowBytes: 0, expectedBytes: 0, peakBytes: 0 }
    expect(verdictOf(nothing, 'unknown', 0)).toBe('unknown')
    expect(verdictOf(of(24, 26), 'unknown', 23 * GIB)).toBe('unknown')
    expect(verdictOf(of(24, 26), 'unknown', 100 * GIB)).toBe('unknown')
  })

  test('is sure of what is not known where even the least of it is not free', () => {
    expect(verdictOf(of(24, 26), 'unknown', 22.9 * GIB)).toBe('does-not-fit')
  })
})

describe('its sentence', () => {
  const say = (free: number, expected = 24.1, peak = 26): string =>
    verdictSentence('Qwen3-32B', of(expected, peak), 'good', free * GIB)

  test('says what it needs, at its peak, and what is free', () => {
    expect(say(37.2)).toBe(
      'Qwen3-32B needs 24.1 GiB, 26.0 GiB at its peak; 37.2 GiB are free for models: it fits.'
    )
  })

  test('says one figure once', () => {
    expect(say(37.2, 24, 24.001)).toBe('Qwen3-32B needs 24.0 GiB; 37.2 GiB are free for models: it fits.')
  })

  test('says how far its peak is over', () => {
    expect(say(25)).toBe(
      'Qwen3-32B needs 24.1 GiB, 26.0 GiB at its peak; 25.0 GiB are free for models, so its peak is 1.0 GiB over.'
    )
  })

  test('says how much it is short', () => {
    expect(say(14.8)).toBe(
      'Qwen3-32B needs 24.1 GiB, 26.0 GiB at its peak; 14.8 GiB are free for models: it is 9.3 GiB short.'
    )
  })

  test('names whose the free memory is already', () => {
    const part = (label: string, gib: number, doing: string | null) => ({ label, bytes: gib * GIB, doing })
    const spoken = {
      freeBytes: 20 * GIB,
      promised: [part('A', 18, 'is loading'), part('done', 0, 'is loading')],
      growing: [part('B', 1, null), part('C', 3, null), part('D', 4, null), part('E', 2, null)]
    }
    expect(verdictSentence('x', of(24, 26), 'good', 0, spoken)).toBe(
      'x needs 24.0 GiB, 26.0 GiB at its peak; 20.0 GiB are free for models, but 18.0 GiB are promised to A, which ' +
        'is loading, 4.0 GiB may still be claimed by D, 3.0 GiB may still be claimed by C, 2.0 GiB may ' +
        'still be claimed by E, and 1.0 GiB may still be claimed by others: it is 24.0 GiB short.'
    )
    expect(verdictSentence('x', of(24, 26), 'good', 30 * GIB, { ...spoken, promised: [], growing: [] })).toBe(
      'x needs 24.0 GiB, 26.0 GiB at its peak; 30.0 GiB are free for models: it fits.'
    )
  })

  test('says how much of the least is missing where no more is known', () => {
    expect(verdictSentence('x', of(24, 40), 'unknown', 20 * GIB)).toBe(
      'x needs at least 23.0 GiB; 20.0 GiB are free for models: it is 3.0 GiB short.'
    )
  })

  test('says that it is not known, with the range where there is one', () => {
    expect(verdictSentence('x', of(1, 3), 'unknown', 2 * GIB)).toBe(
      'How much x needs is not known: up to 3.0 GiB; 2.0 GiB are free for models.'
    )
    expect(verdictSentence('x', of(2, 3), 'unknown', 2 * GIB)).toBe(
      'How much x needs is not known: between 1.0 GiB and 3.0 GiB; 2.0 GiB are free for models.'
    )
    const nothing = { lowBytes: 0, expectedBytes: 0, peakBytes: 0 }
    expect(verdictSentence('x', nothing, 'unknown', 2 * GIB)).toBe(
      'How much x needs is not known; 2.0 GiB are free for models.'
    )
  })
})
