import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createOwnCost } from '../../../../src/main/app/own-cost.ts'
import type { ProcessInfo } from '../../../../src/shared/model/snapshot.ts'

const procRoot = mkdtempSync(join(tmpdir(), 'firebreak-proc-'))
afterAll(() => rmSync(procRoot, { recursive: true, force: true }))

const one = (pid: number, parentPid: number, cpuTicks: number, name = `p${pid}`): ProcessInfo => ({
  pid,
  parentPid,
  processGroupId: pid,
  startTicks: 1,
  name,
  state: 'S',
  cpuTicks,
  rssBytes: 0,
  anonBytes: 'unknown',
  shmemBytes: 'unknown',
  fileBytes: 'unknown',
  cgroup: null,
  commandLine: null,
  userId: null
})

describe('own cost', () => {
  it('counts the core and what it started, but no runner and no stranger', () => {
    mkdirSync(join(procRoot, String(process.pid)))
    writeFileSync(
      join(procRoot, String(process.pid), 'smaps_rollup'),
      'Rss:  9 kB\nPss:    1024 kB\nPss_Anon: 1 kB\n'
    )
    let nowMs = 0
    const cost = createOwnCost(procRoot, { nowMs: () => 0, monotonicMs: () => nowMs })
    const table = (core: number, probe: number): readonly ProcessInfo[] => [
      one(process.pid, 1, core),
      one(901, process.pid, probe, 'node'),
      one(902, process.pid, 500, 'llama-server'),
      one(903, 902, 500, 'child of the runner'),
      one(904, 1, 500, 'stranger')
    ]
    const roles = new Map([[process.pid, 'core']])
    cost.read(table(10, 10), new Set([902, 903]), roles)
    nowMs = 2000
    const read = cost.read(table(14, 16), new Set([902, 903]), roles)
    expect(read.processes).toEqual([
      { name: 'core', pid: process.pid, pssBytes: 1024 * 1024 },
      { name: 'node', pid: 901, pssBytes: 'unknown' }
    ])
    // 10 ticks of 10 ms in 2 s
    expect(read.cpuPctOfOneCore).toBeCloseTo(5)
  })
})
