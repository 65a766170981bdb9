import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createJobs, type Jobs } from '../../../../../src/main/jobs/jobs.ts'
import { systemClock } from '../../../../../src/main/platform/system.ts'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { createSetUp, type SetUp } from '../../../../../src/main/runners/set-up/set-up.ts'
import type { Job } from '../../../../../src/shared/model/job.ts'
import type { SetUpStep } from '../../../../../src/shared/model/runner.ts'
import { isAlive, until } from '../../../../support/until.ts'

// Steps of a made-up vendor; the processes are real, and one that ignores SIGTERM has its grace.
vi.setConfig({ testTimeout: 30_000 })

let dir: string
let jobs: Jobs
const seen: Job[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-set-up-'))
  seen.length = 0
  jobs = createJobs({ clock: systemClock, onChange: (job) => void seen.push(job) })
})
afterEach(() => {
  jobs.dispose()
  rmSync(dir, { recursive: true, force: true })
})

const step = (...command: string[]): SetUpStep => ({ text: `Do ${command[0]}.`, command, needsRoot: false })
const sh = (script: string): SetUpStep => step('/bin/sh', '-c', script)
const root = (...command: string[]): SetUpStep => ({ ...step(...command), needsRoot: true })
const setUpOf = (steps: readonly SetUpStep[], silenceMs = 60_000): SetUp =>
  createSetUp({
    adapters: { ...ADAPTERS, vllm: { setUp: steps } },
    jobs,
    places: { dataDir: dir, homeDir: dir },
    env: { PATH: process.env['PATH'], SECRET_OF_DESKTOP: 'x', https_proxy: 'http://proxy' },
    silenceMs
  })
const logText = (): string => readFileSync(join(dir, 'logs', 'set-up-vllm.log'), 'utf8')
const begin = (setUp: SetUp): string => {
  const begun = setUp.run('vllm')
  if (!begun.ok) throw new Error(begun.error.message)
  return begun.value.id
}
const ended = (id: string): Promise<Job> =>
  until('the job to end', () => {
    const job = jobs.get(id)
    return job !== null && job.state !== 'running' ? job : null
  })
const pidIn = (name: string): Promise<number> =>
  until(`a pid in ${name}`, () => {
    try {
      return Number(readFileSync(join(dir, name), 'utf8').trim()) || null
    } catch {
      return null
    }
  })

test('runs the steps that need no root in their order, and says what is left to the user', async () => {
  const setUp = setUpOf([
    root('sudo', 'apt-get', 'install', 'a b'),
    sh('echo one; echo one >> order'),
    { text: 'Accept the licence.', command: null, needsRoot: false },
    sh('echo two >> order; env'),
    { text: 'Log in there.', command: null, needsRoot: false }
  ])
  expect(setUp.steps('vllm')).toHaveLength(5)
  const job = await ended(begin(setUp))
  expect(job).toMatchObject({ kind: 'set-up', label: 'Set up vLLM', state: 'done' })
  expect(job.text).toBe("Done. Left to you: sudo apt-get install 'a b' · Log in there.")
  expect(readFileSync(join(dir, 'order'), 'utf8')).toBe('one\ntwo\n')
  expect(logText()).toContain('https_proxy=http://proxy')
  expect(logText()).not.toContain('SECRET_OF_DESKTOP')
  expect(statSync(join(dir, 'logs', 'set-up-vllm.log')).mode & 0o777).toBe(0o600)
})

test('a step that needs root alone is refused with the command to run', () => {
  const begun = setUpOf([root('sudo', 'snap', 'install', 'it')]).run('vllm')
  expect(begun).toMatchObject({
    ok: false,
    error: { code: 'refused', message: expect.stringMatching(/sudo snap install it/) }
  })
  expect(jobs.list()).toEqual([])
})

test('a failed step ends the job with its last words, and later steps do not run', async () => {
  const wanted: SetUpStep = { text: 'Have cmake ready.', command: null, needsRoot: true }
  const steps = [wanted, sh('echo "no space left" >&2; exit 3'), sh('echo x > later')]
  const job = await ended(begin(setUpOf(steps)))
  expect(job.state).toBe('failed')
  expect(job.text).toMatch(/It may want these steps first: Have cmake ready\.$/)
  expect(job.text).toMatch(/failed \(exit 3\): no space left\. All it wrote is in .*set-up-vllm\.log/)
  expect(() => statSync(join(dir, 'later'))).toThrow()
})

test('a program that is not there is named', async () => {
  const job = await ended(begin(setUpOf([step('/no/such/installer', 'x')])))
  expect(job).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/'\/no\/such\/installer' could not be started/)
  })
})

test('a clone from an earlier try is kept, and the steps after it run', async () => {
  mkdirSync(join(dir, 'it', '.git'), { recursive: true })
  writeFileSync(join(dir, 'it', '.git', 'HEAD'), 'ref: refs/heads/main')
  const clone = step('git', 'clone', '--depth', '1', '/no/such/repository', 'it')
  expect((await ended(begin(setUpOf([clone, sh('echo x > after')])))).state).toBe('done')
  expect(statSync(join(dir, 'after')).isFile()).toBe(true)
})

test('no argument is read by a shell', async () => {
  await ended(begin(setUpOf([step('touch', '$(touch hacked); x')])))
  expect(() => statSync(join(dir, 'hacked'))).toThrow()
  expect(statSync(join(dir, '$(touch hacked); x')).isFile()).toBe(true)
})

test('cancelled, the whole group is ended, one that ignores SIGTERM too', async () => {
  const id = begin(
    setUpOf([
      sh('sh -c \'trap "" TERM; echo $$ > child; while :; do sleep 1; done\' & echo $$ > parent; wait')
    ])
  )
  const pids = [await pidIn('parent'), await pidIn('child')]
  expect(pids.map(isAlive)).toEqual([true, true])
  jobs.cancel(id)
  expect((await ended(id)).state).toBe('cancelled')
  await until('the group to be gone', () => !pids.some(isAlive))
})

test('one that writes nothing for too long is ended and named', async () => {
  const id = begin(setUpOf([sh('echo $$ > silent; echo working; sleep 600')], 1_500))
  const pid = await pidIn('silent')
  const job = await ended(id)
  expect(job).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/wrote nothing for 2 s and was ended/)
  })
  await until('it to be gone', () => !isAlive(pid))
})

test('one set-up of a kind at a time; progress is the last line, without colours', async () => {
  const setUp = setUpOf([sh("printf 'old\\r\\033[32m42 %%\\033[0m'; sleep 600")])
  const id = begin(setUp)
  expect(setUp.run('vllm')).toMatchObject({ ok: false, error: { code: 'already-running' } })
  await until('its last line', () => jobs.get(id)?.text === 'Step 1 of 1: Do /bin/sh. · 42 %')
  jobs.cancel(id)
  await ended(id)
  expect(setUp.run('vllm').ok).toBe(true)
  jobs.cancel(jobs.list()[0]?.id ?? '')
  await until('all to end', () => jobs.list().every(({ state }) => state !== 'running'))
})
