import { describe, expect, it } from 'vitest'
import { createNotices } from '../../../../src/main/app/notices.ts'

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
    expect(notices.list()).toHaveLength(50)
    expect(notices.list().at(-1)?.text).toBe('notice 499')
  })
})
