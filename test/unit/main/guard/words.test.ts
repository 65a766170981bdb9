import { describe, expect, it } from 'vitest'
import { createActNotices, shrinkNotice } from '../../../../src/main/guard/act-notices.ts'
import { createActs } from '../../../../src/main/guard/acts.ts'
import {
  askText,
  growthSentence,
  launchHoldText,
  reasonsWithGrower,
  wouldDoText
} from '../../../../src/main/guard/words.ts'
import type { Ranking } from '../../../../src/shared/model/guard.ts'
import { event, GIB, MIB } from './fixtures.ts'

const NOBODY: Ranking = { victims: [], refused: [] }
const ranked = (reloadS: number | 'unknown'): Ranking => ({
  victims: [{ id: 'q', label: 'qwen3-32b', kind: 'runner', bytes: 61 * GIB, reloadS, why: 'idle' }],
  refused: []
})
const refused = (because: Ranking['refused'][number]['because']): Ranking => ({
  victims: [],
  refused: [{ id: 'q', label: 'ollama', kind: 'foreign', bytes: GIB, because }]
})

describe('sentences of the guard', () => {
  it('say who grew, once it is worth a word', () => {
    expect(growthSentence('gpt-oss-120b', { bytes: 9 * GIB, seconds: 4.2 })).toBe(
      'gpt-oss-120b grew 9.0 GiB in 4 s.'
    )
    expect(growthSentence('x', { bytes: 200 * MIB, seconds: 0.2 })).toBe('x grew 200 MiB in 1 s.')
    expect(growthSentence('x', { bytes: 100 * MIB, seconds: 1 })).toBeNull()
    expect(growthSentence('x', null)).toBeNull()
    expect(reasonsWithGrower('warn', 'x grew.', ['Soon.'])).toEqual(['x grew.', 'Soon.'])
    expect(reasonsWithGrower('watch', 'x grew.', ['Soon.'])).toEqual(['Soon.'])
  })

  it('say what would be done now', () => {
    expect(wouldDoText('balanced', ranked(90), [])).toBe(
      'If memory ran out now: stop qwen3-32b, 61.0 GiB back, reload about 90 s.'
    )
    expect(wouldDoText('balanced', ranked('unknown'), [])).toBe(
      'If memory ran out now: stop qwen3-32b, 61.0 GiB back.'
    )
    expect(wouldDoText('observe', ranked('unknown'), [])).toContain('say that it would stop qwen3-32b')
    expect(wouldDoText('balanced', ranked('unknown'), ['q'])).toContain('no right to stop it')
    expect(wouldDoText('off', ranked('unknown'), [])).toContain('The guard is off')
    expect(wouldDoText('balanced', NOBODY, [])).toContain('nothing runs that the guard could stop')
    expect(wouldDoText('balanced', refused('not-allowed'), [])).toContain('not allowed')
    expect(wouldDoText('balanced', refused('pinned'), [])).toContain('ollama is pinned.')
    expect(wouldDoText('balanced', refused('protected'), [])).toContain('protected list')
  })

  it('ask with the two first reasons, or with what a freeze means', () => {
    expect(
      askText('warn', 'x', GIB, ['x grew 9.0 GiB in 4 s.', 'Memory will be gone in about 6 s.', 'And more.'])
    ).toBe('x grew 9.0 GiB in 4 s. Memory will be gone in about 6 s.')
    expect(askText('warn', 'x', GIB, [])).toContain('x would be stopped first')
    expect(askText('frozen', 'x', 61 * GIB, ['whatever'])).toBe(
      'Paused x. It keeps its 61.0 GiB but takes no more.'
    )
    expect(launchHoldText(['It falls.'])).toMatch(/^Nothing new is started now: It falls\. /)
  })
})

describe('notices of acts', () => {
  const story = { bytesNow: null, growth: null }

  it('tell a pause with what it holds by now, and the end with its proof and the first cause', () => {
    const notices = createActNotices()
    const frozen = event('freeze', { reasons: ['big is frozen.', 'Memory falls.'] })
    expect(notices.of(frozen, { bytesNow: 62 * GIB, growth: 'big grew 9.0 GiB in 4 s.' })).toMatchObject({
      text: 'Paused big. It keeps its 62.0 GiB but takes no more. Why: big grew 9.0 GiB in 4 s. Memory falls.',
      victimId: 'big'
    })
    expect(notices.of(event('terminate', { monotonicMs: 5_000, reasons: ['No answer.'] }), story)).toBeNull()
    expect(notices.of(event('kill', { monotonicMs: 9_000 }), story)).toBeNull()
    expect(notices.of(event('gone', { monotonicMs: 9_100 }), story)).toBeNull()
    const back = event('memory-back', { monotonicMs: 7_300, bytes: 34.1 * GIB })
    expect(notices.of(back, story)).toMatchObject({
      text: 'Stopped big. 34.1 GiB came back in 2.3 s. Why: big grew 9.0 GiB in 4 s. Memory falls.',
      whatToDo: null
    })
  })

  it('do not claim what did not come back, nor a time that is not known', () => {
    const notices = createActNotices()
    const missing = notices.of(event('memory-missing', { bytes: 2 * GIB, reasons: [] }), story)
    expect(missing).toMatchObject({ text: 'Stopped big. Only 2.0 GiB came back.' })
    expect(missing?.whatToDo).toContain('still held')
    expect(notices.of(event('memory-back', { bytes: 'unknown', reasons: [] }), story)?.text).toBe(
      'Stopped big.'
    )
  })

  it('tell that somebody was asked for memory, then in its place what came of it', () => {
    const asked = createActNotices().of(event('shrink', { reasons: ['Memory falls.'] }), story)
    expect(asked).toMatchObject({
      severity: 'info',
      text: 'Asked big to give memory back. Why: Memory falls.',
      victimId: 'big'
    })
    const refused = shrinkNotice('big', 'big', 'It is busy.')
    expect(refused).toMatchObject({ text: 'Asked big to give memory back. It is busy.', key: asked?.key })
  })

  it('tell a failure and an observed act, and nothing of the drill or of a mere warning', () => {
    const notices = createActNotices()
    expect(notices.of(event('failed'), story)?.text).toContain('could not be stopped')
    expect(
      notices.of(event('would', { reasons: ['Would freeze big.', 'Memory falls.'] }), story)
    ).toMatchObject({
      severity: 'info',
      text: 'Would have paused big. The guard only observes. Why: Memory falls.',
      key: 'would:big'
    })
    expect(notices.of(event('would', { reasons: ['Would terminate big.'] }), story)?.text).toBe(
      'Would have stopped big. The guard only observes.'
    )
    expect(notices.of(event('thaw'), story)?.text).toBe('big goes on.')
    expect(notices.of(event('warn'), story)).toBeNull()
    expect(notices.of(event('kill', { watchId: 'drill' }), story)).toBeNull()
    expect(notices.of(event('warn', { victimId: null, label: null }), story)).toBeNull()
  })
})

describe('what the events add up to', () => {
  it('knows who is frozen, and how long an end took from SIGKILL, once', () => {
    const acts = createActs()
    acts.note(event('freeze'))
    expect([...acts.frozenIds]).toEqual(['big'])
    acts.note(event('kill', { monotonicMs: 2_000 }))
    acts.note(event('kill', { monotonicMs: 3_000 }))
    acts.note(event('gone', { monotonicMs: 2_700 }))
    expect([...acts.frozenIds]).toEqual([])
    expect(acts.takeLatency('big')).toBe(700)
    expect(acts.takeLatency('big')).toBeNull()
    expect(acts.events.map(({ kind }) => kind)).toEqual(['gone', 'kill', 'kill', 'freeze'])
  })

  it('keeps the newest only', () => {
    const acts = createActs()
    for (let sequence = 1; sequence <= 500; sequence += 1) acts.note(event('warn', { sequence }))
    expect(acts.events.length).toBeLessThanOrEqual(50)
    expect(acts.events[0]?.sequence).toBe(500)
  })
})
