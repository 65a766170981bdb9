import { describe, expect, it } from 'vitest'
import { createOpenActs } from '../../../../src/main/guard/open-acts.ts'
import type { Watch } from '../../../../src/main/sentinel/protocol.ts'
import { event } from './fixtures.ts'

const watchOf = (pid: number): Watch => ({
  id: 'main',
  policy: { mode: 'balanced', reserveBytes: 2, floorBytes: 1, restsAtBytes: 'unknown', answerMs: 1 },
  victims: [
    {
      id: 'a',
      label: 'a',
      bytes: 7,
      stopLatencyMs: 1,
      graceMs: 1,
      shrinkableBytes: 0,
      processes: [{ pid, startTicks: 1 }],
      groupLeaders: [],
      cgroupDir: null
    }
  ]
})
const openOf = (acts: ReturnType<typeof createOpenActs>, pid = 9) => acts.addTo([watchOf(pid)])[0]?.open

describe('the act a successor goes on with', () => {
  it('is the last one whose end was not told', () => {
    const acts = createOpenActs()
    expect(openOf(acts)).toBeUndefined()
    for (const [kind, stage] of [
      ['freeze', 'frozen'],
      ['terminate', 'ending'],
      ['kill', 'killed'],
      ['gone', 'pause']
    ] as const) {
      acts.note(event(kind, { victimId: 'a', watchId: 'main' }), [watchOf(9)])
      expect(openOf(acts)).toMatchObject({ victimId: 'a', stage, bytes: 7 })
    }
    acts.note(event('memory-back', { victimId: 'a', watchId: 'main' }), [watchOf(9)])
    expect(openOf(acts)).toBeUndefined()
  })

  it('is over for a run that was started again', () => {
    const acts = createOpenActs()
    acts.note(event('kill', { victimId: 'a', watchId: 'main' }), [watchOf(9)])
    expect(openOf(acts, 10)?.stage).toBe('pause')
  })

  it('is none of a drill', () => {
    const acts = createOpenActs()
    acts.note(event('kill', { victimId: 'a', watchId: 'drill' }), [watchOf(9)])
    expect(openOf(acts)).toBeUndefined()
  })
})
