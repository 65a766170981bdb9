import { describe, expect, it } from 'vitest'
import { createNotices, launchKey } from '../../../../src/main/app/notices.ts'

const clock = { nowMs: () => 5, monotonicMs: () => 0 }

describe('notices', () => {
  it('stay until dismissed, each with its own id', () => {
    const notices = createNotices(clock)
    const first = notices.add('warning', 'kept aside', 'mend it')
    const second = notices.add('info', 'taken back', null)
    notices.dismiss(first.id)
    notices.dismiss('no such notice')
    expect(notices.list()).toEqual([second])
    expect(first.id).not.toBe(second.id)
  })

  it('are bounded, the oldest go first', () => {
    const notices = createNotices(clock)
    for (let i = 0; i < 500; i += 1) notices.add('info', `notice ${i}`, null)
    expect(notices.list()).toHaveLength(20)
    expect(notices.list().at(-1)?.text).toBe('notice 499')
  })

  it('of one matter are one, the newest, in the place clients know it by', () => {
    const notices = createNotices(clock)
    const first = notices.add('info', 'Would have paused big.', null, { key: 'would:big' })
    notices.add('info', 'Would have paused small.', null, { key: 'would:small' })
    notices.add('info', 'another', null)
    const newer = notices.add('info', 'Would have stopped big.', null, {
      key: 'would:big',
      incidentId: 'w-2'
    })
    expect(newer.id).toBe(first.id)
    expect(notices.list().map(({ text }) => text)).toEqual([
      'Would have paused small.',
      'another',
      'Would have stopped big.'
    ])
    expect(notices.list().at(-1)).toMatchObject({ incidentId: 'w-2' })
    expect(newer).not.toHaveProperty('key')
    notices.dismiss(first.id)
    expect(notices.add('info', 'Would have paused big.', null, { key: 'would:big' }).id).not.toBe(first.id)
  })

  it('of a matter that is over are gone, whoever else they are of', () => {
    const notices = createNotices(clock)
    for (const id of ['a', 'b']) {
      notices.add('warning', `Its peak of ${id} is over.`, 'It is started.', {
        key: launchKey(id),
        runnerId: id
      })
    }
    const act = notices.add('warning', 'Paused a.', null, { runnerId: 'a' })
    notices.over(launchKey('a'))
    expect(notices.list()).toMatchObject([{ runnerId: 'b' }, { id: act.id }])
  })

  it('are one plain line, whoever named what they tell of', () => {
    const { text, whatToDo } = createNotices(clock).add('info', 'a\u202Eb\u001b[31m', 'c\nd')
    expect([text, whatToDo]).toEqual(['ab [31m', 'c d'])
  })
})
