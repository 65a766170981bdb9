import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Job } from '../../../../src/shared/model/job.ts'
import { err, ok, type Result } from '../../../../src/shared/util/result.ts'
import type { ContractError } from '../../../../src/shared/contract/errors.ts'
import { createJobs, type JobProgress, type Jobs } from '../../../../src/main/jobs/jobs.ts'

type Outcome = Result<string, ContractError>

let told: Job[] = []
let jobs: Jobs
beforeEach(() => {
  vi.useFakeTimers()
  told = []
  jobs = createJobs({
    clock: { nowMs: () => 1_000, monotonicMs: () => 0 },
    onChange: (job) => told.push(job)
  })
})
afterEach(() => {
  jobs.dispose()
  vi.useRealTimers()
})

/** A job whose work the test drives. */
function driven(label = 'a model') {
  const finish = Promise.withResolvers<Outcome>()
  let report: (progress: JobProgress) => void = () => undefined
  let signal: AbortSignal | null = null
  const job = jobs.run('download', label, (given, tell) => {
    signal = given
    report = tell
    return finish.promise
  })
  return { job, finish, report: (progress: JobProgress) => report(progress), signal: () => signal }
}

describe('a job', () => {
  test('runs, reports, and is done with a sentence', async () => {
    const { job, finish, report } = driven()
    expect(job).toMatchObject({ state: 'running', doneBytes: null, startedAtMs: 1_000, kind: 'download' })
    report({ doneBytes: 5, totalBytes: 10, text: 'Half.' })
    report({ doneBytes: 6 })
    expect(jobs.get(job.id)).toMatchObject({ doneBytes: 6, totalBytes: 10, text: 'Half.' })
    finish.resolve(ok('It is here.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(jobs.list()).toMatchObject([{ state: 'done', text: 'It is here.', doneBytes: 6 }])
  })

  test.each([
    [
      'an expected failure',
      (f: PromiseWithResolvers<Outcome>) => f.resolve(err({ code: 'refused', message: 'No room.' })),
      'No room.'
    ],
    ['something thrown', (f: PromiseWithResolvers<Outcome>) => f.reject(new Error('EIO')), 'EIO']
  ])('%s fails it in words', async (_what, end, text) => {
    const { job, finish } = driven()
    end(finish)
    await vi.advanceTimersByTimeAsync(0)
    expect(jobs.get(job.id)).toMatchObject({ state: 'failed', text })
  })

  test('a report after the end changes nothing; control characters and length are kept out', async () => {
    const { job, finish, report } = driven('a\u001b[31m model')
    expect(job.label).toBe('a [31m model')
    finish.resolve(ok('x'.repeat(5_000)))
    await vi.advanceTimersByTimeAsync(0)
    report({ text: 'Still going.' })
    expect(jobs.get(job.id)?.text).toHaveLength(600)
  })
})

describe('cancelling', () => {
  test('aborts the work; the job is cancelled once that has ended, whatever it answered', async () => {
    const { job, finish, signal } = driven()
    expect(jobs.cancel(job.id)).toMatchObject({
      ok: true,
      value: { state: 'running', text: 'Being cancelled.' }
    })
    expect(signal()?.aborted).toBe(true)
    finish.resolve(ok('Done after all.'))
    await vi.advanceTimersByTimeAsync(0)
    expect(jobs.get(job.id)).toMatchObject({ state: 'cancelled' })
    expect(jobs.cancel(job.id)).toMatchObject({ ok: true, value: { state: 'cancelled' } })
  })

  test('work that does not end is left behind after the deadline', async () => {
    const { job } = driven()
    jobs.cancel(job.id)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(jobs.get(job.id)?.state).toBe('running')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(jobs.get(job.id)?.state).toBe('cancelled')
  })

  test('an unknown job is named as such', () => {
    expect(jobs.cancel('nobody')).toMatchObject({ ok: false, error: { code: 'not-found' } })
  })
})

test('events come at most twice a second, and the last state always', async () => {
  const { finish, report } = driven()
  for (let at = 0; at < 100; at += 1) {
    report({ doneBytes: at })
    await vi.advanceTimersByTimeAsync(10)
  }
  finish.resolve(ok('Done.'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(told.length).toBeLessThanOrEqual(4)
  expect(told.at(-1)).toMatchObject({ state: 'done', doneBytes: 99 })
})

test('of ended jobs the last fifty are kept; running ones always', async () => {
  const running = driven('runs on')
  for (let at = 0; at < 70; at += 1) {
    jobs.run('pull', `image ${at}`, async () => ok('Pulled.'))
    await vi.advanceTimersByTimeAsync(0)
  }
  const labels = jobs.list().map(({ label }) => label)
  expect(labels).toHaveLength(51)
  expect(labels[0]).toBe('image 69')
  expect(labels.at(-1)).toBe('runs on')
  expect(jobs.get(running.job.id)?.state).toBe('running')
})

test('disposing aborts what runs and tells nobody', async () => {
  const { signal, finish } = driven()
  const before = told.length
  jobs.dispose()
  finish.resolve(ok('Done.'))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(signal()?.aborted).toBe(true)
  expect(told).toHaveLength(before)
})
