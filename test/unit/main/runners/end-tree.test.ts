import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { endTree, type EndReport } from '../../../../src/main/runners/supervisor/end-tree.ts'
import type { ProcessInfo } from '../../../../src/shared/model/snapshot.ts'
import { fakeMachine, processRow } from '../../../support/fake-machine.ts'

describe('ending a tree', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  interface Run {
    readonly sent: string[]
    readonly report: EndReport
  }

  /** `react` moves the table after each signal; time moves with the fake timers. */
  async function run(
    table: readonly ProcessInfo[],
    react: (signal: string, pid: number, set: (next: readonly ProcessInfo[]) => void) => void,
    abort = new AbortController()
  ): Promise<Run> {
    const machine = fakeMachine(table)
    const sent: string[] = []
    const ending = endTree({
      look: () => machine.table,
      graceMs: 1_000,
      clock: machine.clock,
      kill(pid, signal) {
        sent.push(`${signal} ${pid}`)
        react(signal, pid, (next) => {
          machine.table = next
        })
      },
      abort: abort.signal
    })
    const finished = { yet: false }
    void ending.then(() => {
      finished.yet = true
    })
    while (!finished.yet) {
      machine.advance(100)
      await vi.advanceTimersByTimeAsync(100)
    }
    return { sent, report: await ending }
  }

  test('one SIGTERM each, and done when all are gone', async () => {
    const { sent, report } = await run([processRow({ pid: 10 }), processRow({ pid: 11 })], (_, pid, set) => {
      if (pid === 11) set([])
    })
    expect(sent).toEqual(['SIGTERM 10', 'SIGTERM 11'])
    expect(report).toEqual({ left: [], killed: false, finished: true })
  })

  test('SIGKILL only after the grace, and to those who came meanwhile', async () => {
    const { sent, report } = await run([processRow({ pid: 10 })], (signal, _pid, set) => {
      if (signal === 'SIGTERM') set([processRow({ pid: 10 }), processRow({ pid: 12 })])
      else set([])
    })
    expect(sent.filter((line) => line.startsWith('SIGTERM'))).toEqual(['SIGTERM 10', 'SIGTERM 12'])
    expect(sent.filter((line) => line.startsWith('SIGKILL'))).toEqual(['SIGKILL 10', 'SIGKILL 12'])
    expect(report.killed).toBe(true)
  })

  test('a stopped process is continued so that it can act', async () => {
    const { sent } = await run([processRow({ pid: 10, state: 'T' })], (signal, _pid, set) => {
      if (signal === 'SIGCONT') set([])
    })
    expect(sent).toEqual(['SIGTERM 10', 'SIGCONT 10'])
  })

  test('who cannot be ended is named after a bound', async () => {
    const { report } = await run([processRow({ pid: 10, state: 'D' })], () => {})
    expect(report.left.map((item) => item.pid)).toEqual([10])
    expect(report.finished).toBe(true)
  })

  test('a signal that is refused does not throw', async () => {
    const { report } = await run([processRow({ pid: 10 })], (signal, _pid, set) => {
      if (signal === 'SIGKILL') set([])
      throw new Error('EPERM')
    })
    expect(report.left).toEqual([])
  })

  test('is given up at once when the core ends', async () => {
    const abort = new AbortController()
    const { sent, report } = await run([processRow({ pid: 10 })], () => abort.abort(), abort)
    expect(sent).toEqual(['SIGTERM 10'])
    expect(report.finished).toBe(false)
  })
})
