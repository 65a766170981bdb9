import { afterEach, beforeEach, expect, test } from 'vitest'
import { showPulls } from '../../../../src/main/app/show-pull.ts'
import { createJobs, type Jobs } from '../../../../src/main/jobs/jobs.ts'
import { systemClock } from '../../../../src/main/platform/system.ts'
import { until } from '../../../support/until.ts'

const PROGRESS = { doneBytes: 1, totalBytes: 4, layersDone: 0, layers: 2 }
let jobs: Jobs
beforeEach(() => {
  jobs = createJobs({ clock: systemClock, onChange: () => {} })
})
afterEach(() => jobs.dispose())

test('a pull is a job with its bytes, and its end is told to who waits for the image', async () => {
  const { promise, resolve } = Promise.withResolvers<null>()
  const shown = showPulls(jobs)('Image a/b:1', async (_signal, report) => {
    report(PROGRESS, 'Pulling a/b:1: 1 of 4 B.')
    return promise
  })
  expect(jobs.list()).toMatchObject([
    { kind: 'pull', label: 'Image a/b:1', state: 'running', doneBytes: 1, totalBytes: 4 }
  ])
  resolve(null)
  expect(await shown).toBeNull()
  await until('the end of the job', () => jobs.list()[0]?.state === 'done')
})

test('what stood in the way ends the job and the start alike', async () => {
  const problem = { code: 'not-found', message: 'There is no image a/b:1.' } as const
  expect(await showPulls(jobs)('Image a/b:1', async () => problem)).toEqual(problem)
  await until('the end of the job', () => jobs.list()[0]?.state === 'failed')
  expect(jobs.list()[0]?.text).toBe(problem.message)
})

test('a job that is cancelled gives up the pull, and who waits for it hears so at once', async () => {
  let seen: AbortSignal | null = null
  const shown = showPulls(jobs)('Image a/b:1', (signal) => {
    seen = signal
    return new Promise((settle) => signal.addEventListener('abort', () => settle(null)))
  })
  jobs.cancel(jobs.list()[0]?.id ?? '')
  expect(await shown).toMatchObject({ code: 'disconnected' })
  expect(seen).toMatchObject({ aborted: true })
})

test.each([
  [
    'at once',
    (): never => {
      throw new Error('torn')
    }
  ],
  [
    'later',
    async () => {
      throw new Error('torn')
    }
  ]
])('a pull that throws %s is told to who waits, and its job fails', async (_when, pull) => {
  const shown = await showPulls(jobs)('Image a/b:1', pull)
  expect(shown).toMatchObject({ code: 'internal' })
  expect(shown?.message).toContain('torn')
  await until('the end of the job', () => jobs.list()[0]?.state === 'failed')
})
