import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOomScoreRaiser, type OomScoreRaiser } from '../../../../src/main/protection/raise-oom-score.ts'
import { until } from '../../../support/until.ts'

let folder: string
let child: ChildProcess
let pid: number
let startTicks: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-raise-'))
  child = spawn('sleep', ['600'], { stdio: 'ignore' })
  pid = child.pid ?? 0
  await until('the process to be sleep', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n')
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3])
})
afterEach(async () => {
  const gone = new Promise((done) => child.once('close', done))
  child.kill('SIGKILL')
  await gone
  rmSync(folder, { recursive: true, force: true })
})

const score = (): string => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()
/** A helper that notes how it was called and then does as told. */
const helperDoes = (body: string): void =>
  writeFileSync(join(folder, 'helper'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n${body}\n`, { mode: 0o755 })
const calls = (): string => readFileSync(join(folder, 'calls'), 'utf8')
const raiser = (
  over: { procRoot?: string; installed?: boolean; deadlineMs?: number } = {}
): OomScoreRaiser => {
  const { installed = true, ...rest } = over
  return createOomScoreRaiser({
    procRoot: '/proc',
    helper: { command: [join(folder, 'helper')], installed },
    ...rest
  })
}

/** A folder in which the process is somebody else's: its score is a file that even root cannot write. */
function notOurs(): string {
  const proc = join(folder, 'proc')
  mkdirSync(join(proc, String(pid)), { recursive: true })
  symlinkSync(`/proc/${pid}/stat`, join(proc, String(pid), 'stat'))
  // A small number of the kernel in a file of mode 0444: EACCES, for root too.
  symlinkSync('/proc/sys/kernel/cap_last_cap', join(proc, String(pid), 'oom_score_adj'))
  return proc
}

describe("a model's oom_score_adj", () => {
  it('is written where the kernel lets this user', async () => {
    expect(await raiser().raise({ pid, startTicks })).toEqual({ kind: 'raised', by: 'core' })
    expect(score()).toBe('1000')
    expect(await raiser().raise({ pid, startTicks })).toEqual({ kind: 'already', by: 'core' })
  })

  it('is raised once per process', async () => {
    const one = raiser({ procRoot: notOurs() })
    helperDoes('exit 0')
    const [first, second] = await Promise.all([
      one.raise({ pid, startTicks }),
      one.raise({ pid, startTicks })
    ])
    expect(first).toEqual({ kind: 'raised', by: 'helper' })
    expect(second).toBe(first)
    expect(await one.raise({ pid, startTicks })).toBe(first)
    expect(calls()).toBe(`set-oom-score-adj ${pid} ${startTicks} 1000\n`)
  })

  it('tells why the helper would not', async () => {
    helperDoes('echo "firebreak-helper: Xorg is protected" >&2; exit 3')
    expect(await raiser({ procRoot: notOurs() }).raise({ pid, startTicks })).toEqual({
      kind: 'not-raised',
      why: 'firebreak-helper: Xorg is protected'
    })
  })

  it('never waits for a helper that hangs, nor for one that is not there', async () => {
    expect(await raiser({ procRoot: notOurs() }).raise({ pid, startTicks })).toEqual({
      kind: 'not-raised',
      why: 'pkexec is not installed'
    })
    helperDoes('exec sleep 600')
    const hung = raiser({ procRoot: join(folder, 'proc'), deadlineMs: 300 })
    expect(await hung.raise({ pid, startTicks })).toEqual({
      kind: 'not-raised',
      why: 'the helper did not answer within 0.3 s'
    })
  })

  it('asks for no password by itself: from a checkout the helper is not called', async () => {
    helperDoes('exit 0')
    const outcome = await raiser({ procRoot: notOurs(), installed: false }).raise({ pid, startTicks })
    expect(outcome).toEqual({ kind: 'not-raised', why: 'it is not yours, and the helper is not installed' })
    expect(() => calls()).toThrow('ENOENT')
  })

  it('leaves another process with the same number alone', async () => {
    const before = score()
    expect(await raiser().raise({ pid, startTicks: startTicks + 1 })).toEqual({ kind: 'gone' })
    expect(score()).toBe(before)
    expect(await raiser({ procRoot: join(folder, 'empty') }).raise({ pid, startTicks })).toEqual({
      kind: 'gone'
    })
  })
})
