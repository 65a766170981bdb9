import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextState, RUNNER_EVENTS, type RunnerEvent } from '../../../../src/main/runners/supervisor/states.ts'
import { ACTIVE_STATES, RUNNER_STATES, type RunnerState } from '../../../../src/shared/model/runner.ts'

/** Every pair that changes something; all others must not. */
const EXPECTED: readonly (readonly [RunnerState, RunnerEvent, RunnerState])[] = [
  ['stopped', 'wait', 'waiting'],
  ['stopped', 'launch', 'starting'],
  ['stopped', 'found', 'loading'],
  ['stopped', 'found-gone', 'lost'],
  ['waiting', 'launch', 'starting'],
  ['waiting', 'ended', 'stopped'],
  ['waiting', 'fail', 'failed'],
  ['starting', 'alive', 'loading'],
  ['starting', 'ready', 'ready'],
  ['starting', 'stop', 'stopping'],
  ['starting', 'fail', 'failed'],
  ['loading', 'ready', 'ready'],
  ['loading', 'stop', 'stopping'],
  ['loading', 'fail', 'failed'],
  ['ready', 'stop', 'stopping'],
  ['ready', 'fail', 'failed'],
  ['ready', 'retry', 'restarting'],
  ['stopping', 'ended', 'stopped'],
  ['stopping', 'fail', 'failed'],
  ['failed', 'wait', 'waiting'],
  ['failed', 'launch', 'starting'],
  ['failed', 'stop', 'stopping'],
  ['restarting', 'relaunch', 'starting'],
  ['restarting', 'stop', 'stopping'],
  ['restarting', 'fail', 'failed'],
  ['lost', 'wait', 'waiting'],
  ['lost', 'launch', 'starting'],
  ['lost', 'stop', 'stopping']
]

describe('runner states', () => {
  test.each(RUNNER_STATES)('from %s exactly the known events lead on', (state) => {
    const actual = RUNNER_EVENTS.flatMap((event) => {
      const next = nextState(state, event)
      return next === null ? [] : [[state, event, next]]
    })
    expect(actual).toEqual(
      RUNNER_EVENTS.flatMap((event) => EXPECTED.filter((row) => row[0] === state && row[1] === event))
    )
  })

  test('every state can be left, and every active one can be stopped or is being stopped', () => {
    for (const state of RUNNER_STATES) {
      expect(RUNNER_EVENTS.some((event) => nextState(state, event) !== null)).toBe(true)
    }
    for (const state of ACTIVE_STATES) {
      if (state !== 'stopping') expect(nextState(state, 'stop')).toBe('stopping')
    }
  })

  test('whatever happens, in whatever order: no ready without a launch or a find, no launch while active', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...RUNNER_EVENTS), { maxLength: 60 }), (events) => {
        let state: RunnerState = 'stopped'
        let mayRun = false
        for (const event of events) {
          const next = nextState(state, event)
          if (next === null) continue
          if (event === 'launch') expect(ACTIVE_STATES).not.toContain(state)
          if (event === 'launch' || event === 'relaunch' || event.startsWith('found')) mayRun = true
          if (next === 'stopped' || next === 'failed') mayRun = false
          state = next
          if (state === 'ready' || state === 'loading') expect(mayRun).toBe(true)
        }
      })
    )
  })
})
