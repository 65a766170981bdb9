import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { processTable, type ProcessTable } from '../../../../../src/main/sampler/sources/process-table.ts'
import { fakeRoot, writeProcess, type FakeRoot } from '../fixtures.ts'

const PAGE = 4096
const MIB = 1024 * 1024
const QUIET_TURNS = 4
const NONE: ReadonlySet<number> = new Set()

let root: FakeRoot
let table: ProcessTable
beforeEach(() => {
  root = fakeRoot()
  table = processTable(root.path, PAGE)
})
afterEach(() => {
  table.dispose()
  root.dispose()
})

const scan = (pid: number, watched = NONE) => table.scan(watched).find((process) => process.pid === pid)
const scans = (count: number) => {
  for (let i = 0; i < count; i++) table.scan(NONE)
}

it('tells everything about a new process at once', () => {
  writeProcess(root, { pid: 100, name: 'python3', rssPages: 20_000, anonKib: 70_000 })
  root.write('meminfo', 'not a process')
  root.write('12x/stat', 'neither')
  expect(table.scan(NONE)).toEqual([
    {
      pid: 100,
      parentPid: 1,
      processGroupId: 100,
      startTicks: 1000,
      name: 'python3',
      state: 'S',
      cpuTicks: 0,
      rssBytes: 20_000 * PAGE,
      anonBytes: 70_000 * 1024,
      shmemBytes: 4096,
      fileBytes: 8192,
      cgroup: '/user.slice/user-1000.slice/session-2.scope',
      commandLine: ['/usr/bin/python3', '--flag'],
      userId: 1000
    }
  ])
})

it('forgets an ended process at once and sees a new one with its number', () => {
  writeProcess(root, { pid: 7, name: 'first', startTicks: 10 })
  scans(1)
  root.remove('7')
  expect(table.scan(NONE)).toEqual([])
  writeProcess(root, { pid: 7, name: 'second', startTicks: 20 })
  expect(scan(7)).toMatchObject({ name: 'second', startTicks: 20 })
})

it('notices a reused number within four scans, with nothing left of the one before', () => {
  writeProcess(root, { pid: 7, name: 'first', startTicks: 10, anonKib: 500 })
  scans(QUIET_TURNS)
  root.remove('7')
  writeProcess(root, { pid: 7, name: 'second', startTicks: 20, anonKib: 30 })
  scans(QUIET_TURNS)
  expect(scan(7)).toMatchObject({
    name: 'second',
    startTicks: 20,
    anonBytes: 30 * 1024,
    commandLine: ['/usr/bin/second', '--flag']
  })
})

it('reads quiet small processes within four scans', () => {
  writeProcess(root, { pid: 7, rssPages: 10 })
  scans(QUIET_TURNS + 1)
  writeProcess(root, { pid: 7, rssPages: 11, cpuTicks: 5 })
  const seen = Array.from({ length: QUIET_TURNS }, () => scan(7)?.rssBytes)
  expect(seen).toContain(11 * PAGE)
})

it.each([
  ['big', 64 * MIB, NONE],
  ['watched', PAGE, new Set([7])]
])('reads %s processes at every scan', (_what, rssBytes, watched) => {
  const rssPages = rssBytes / PAGE
  writeProcess(root, { pid: 7, rssPages })
  for (let i = 0; i < 10; i++) table.scan(watched)
  for (let i = 1; i <= 5; i++) {
    writeProcess(root, { pid: 7, rssPages: rssPages + i, anonKib: 100 + i })
    expect(scan(7, watched)).toMatchObject({ rssBytes: (rssPages + i) * PAGE, anonBytes: (100 + i) * 1024 })
  }
})

it('follows a process that grows', () => {
  writeProcess(root, { pid: 7, rssPages: 1000 })
  scans(10)
  let grown = 1000
  // Seen once in its turn, it is busy and read at every scan from then on.
  for (let i = 0; i < QUIET_TURNS; i++) {
    grown += 2000
    writeProcess(root, { pid: 7, rssPages: grown, anonKib: grown * 4, cpuTicks: i + 1 })
    table.scan(NONE)
  }
  grown += 2000
  writeProcess(root, { pid: 7, rssPages: grown, anonKib: grown * 4, cpuTicks: 99 })
  expect(scan(7)).toMatchObject({ rssBytes: grown * PAGE, anonBytes: grown * 4096 })
})

it('reads the command line again when the program changed', () => {
  writeProcess(root, { pid: 7, name: 'bash', rssPages: 20_000 })
  scans(3)
  writeProcess(root, { pid: 7, name: 'llama-server', rssPages: 20_001 })
  expect(scan(7)).toMatchObject({ name: 'llama-server', commandLine: ['/usr/bin/llama-server', '--flag'] })
})

it('leaves out what cannot be read and goes on', () => {
  writeProcess(root, { pid: 7 })
  root.write('8/stat', '8 (cut')
  root.write('9/status', 'no stat here')
  expect(table.scan(NONE).map(({ pid }) => pid)).toEqual([7])
})

it('keeps a bounded number of descriptors and closes them all', () => {
  const before = readdirSync('/proc/self/fd').length
  for (let pid = 1; pid <= 400; pid++) writeProcess(root, { pid, rssPages: 20_000 })
  scans(3)
  const kept = readdirSync('/proc/self/fd').length - before
  expect(kept).toBeGreaterThan(0)
  expect(kept).toBeLessThanOrEqual(256)
  for (let pid = 1; pid <= 400; pid++) root.remove(String(pid))
  expect(table.scan(NONE)).toEqual([])
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

it('reads every status in the end, though not all at once', () => {
  for (let pid = 1; pid <= 300; pid++) writeProcess(root, { pid, rssPages: pid, anonKib: pid })
  const first = table.scan(NONE)
  expect(first.filter(({ anonBytes }) => anonBytes !== 'unknown')).toHaveLength(64)
  // The largest go first.
  expect(first.find(({ pid }) => pid === 300)?.anonBytes).toBe(300 * 1024)
  scans(5)
  expect(table.scan(NONE).every(({ anonBytes }) => anonBytes !== 'unknown')).toBe(true)
})
