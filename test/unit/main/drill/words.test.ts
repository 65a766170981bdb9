import { describe, expect, it } from 'vitest'
import { drillText, type DrillFacts } from '../../../../src/main/drill/report-text.ts'
import { EMPTY_TIMELINE, hasPassed, withEvent, type Timeline } from '../../../../src/main/drill/timeline.ts'
import type { GuardEvent } from '../../../../src/shared/model/guard.ts'

const GIB = 1024 ** 3
const ID = 'drill-1'

const event = (kind: GuardEvent['kind'], more: Partial<GuardEvent> = {}): GuardEvent => ({
  sequence: 1,
  atMs: 0,
  monotonicMs: 0,
  watchId: 'drill',
  kind,
  victimId: ID,
  label: 'Fire drill',
  reasons: [],
  availableBytes: 10 * GIB,
  floorBytes: 9 * GIB,
  secondsToEmpty: null,
  bytes: 0.9 * GIB,
  ...more
})

/** One second between two events, from 1 s on. */
const lineOf = (...events: readonly (GuardEvent | GuardEvent['kind'])[]): Timeline =>
  events.reduce<Timeline>(
    (line, one, at) => withEvent(line, typeof one === 'string' ? event(one) : one, ID, at + 1),
    EMPTY_TIMELINE
  )

const facts: DrillFacts = {
  takenBytes: 0.85 * GIB,
  endedBy: null,
  aboveFloorBytes: -1,
  seconds: 60
}

describe('a drill that passes', () => {
  it.each(['terminate', 'kill'] as const)('is warned, frozen, ended by %s, and proven', (stop) => {
    const line = lineOf('warn', 'freeze', stop, 'gone', 'memory-back')
    expect(hasPassed(line)).toBe(true)
    expect(drillText(line, facts)).toBe(
      'Warned after 1.0 s, paused after 2.0 s, stopped after 3.0 s; 922 MiB came back.'
    )
  })

  it('counts the first of each: a kill after the term is the same stop', () => {
    const line = lineOf('warn', 'warn', 'freeze', 'terminate', 'kill', 'gone', 'memory-back')
    expect(line).toMatchObject({ warnedAtS: 1, frozenAtS: 3, stoppedAtS: 4 })
    expect(hasPassed(line)).toBe(true)
  })

  it('takes the warning of the drill’s watch that names nobody', () => {
    const line = lineOf(event('warn', { victimId: null, label: null }), 'freeze', 'kill', 'memory-back')
    expect(hasPassed(line)).toBe(true)
  })

  it('takes no warning of another watch', () => {
    const line = lineOf(event('warn', { victimId: null, watchId: 'main' }), 'freeze', 'kill', 'memory-back')
    expect(hasPassed(line)).toBe(false)
  })
})

describe('a drill that does not pass says what did not happen', () => {
  const untilGone = ['warn', 'freeze', 'terminate', 'gone'] as const
  it.each<[string, Timeline, Partial<DrillFacts>, RegExp]>([
    ['nothing', lineOf(), {}, /^The guard did not warn within 60.0 s/],
    ['no freeze', lineOf('warn'), {}, /^Warned after 1.0 s. The guard did not pause/],
    ['no stop', lineOf('warn', 'freeze'), {}, /paused after 2.0 s. The guard did not stop/],
    ['no proof', lineOf(...untilGone), {}, /No proof came that its memory is back/],
    ['missing', lineOf(...untilGone, 'memory-missing'), {}, /memory is not back: other programs took/],
    ['noise', lineOf(), { aboveFloorBytes: 1 }, /^The drill took 870 MiB, but memory never came down/],
    ['killed', lineOf('warn'), { endedBy: 'it was ended by SIGKILL' }, /ended before the guard.*SIGKILL/],
    [
      'failed',
      lineOf('warn', event('failed', { reasons: ['It is another user’s.'] })),
      {},
      /could not act: It is another user’s\./
    ],
    [
      'another was stopped',
      lineOf(
        'warn',
        event('kill', { watchId: 'main', victimId: 'tiny', label: 'tiny' }),
        'freeze',
        'kill',
        'memory-back'
      ),
      {},
      /also had to act on tiny/
    ],
    ['no freeze first', lineOf('warn', 'kill', 'memory-back'), {}, /A step was left out/],
    ['no warning first', lineOf('freeze', 'warn', 'kill', 'memory-back'), {}, /A step was left out/]
  ])('%s', (_name, line, more, words) => {
    expect(hasPassed(line)).toBe(false)
    expect(drillText(line, { ...facts, ...more })).toMatch(words)
  })
})
