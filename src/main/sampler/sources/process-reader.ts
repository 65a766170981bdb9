import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { parseProcessStat, type ProcessStat } from './process-stat.parse.ts'
import { parseProcessStatus, type ProcessStatus } from './process-status.parse.ts'
import { readOnce } from './read-once.ts'
import fs from 'node:fs'

/** All process ids the kernel lists now; empty when /proc cannot be listed. */
export function listPids(procRoot: string): readonly number[] {
  let names: readonly string[]
  try {
    names = fs.readdirSync(procRoot)
  } catch {
    return []
  }
  const pids: number[] = []
  for (const name of names) {
    const code = name.charCodeAt(0)
    if (code < 49 || code > 57) continue
    const pid = Number(name)
    if (Number.isSafeInteger(pid)) pids.push(pid)
  }
  return pids
}

export function readStat(procRoot: string, pid: number): ProcessStat | 'unknown' {
  const bytes = readOnce(`${procRoot}/${pid}/stat`)
  return bytes === 'unknown' ? 'unknown' : parseProcessStat(bytes)
}

export function readStatus(procRoot: string, pid: number): ProcessStatus | 'unknown' {
  const bytes = readOnce(`${procRoot}/${pid}/status`)
  return bytes === 'unknown' ? 'unknown' : parseProcessStatus(bytes)
}

/** A process of which only stat was read. */
export const fromStat = (stat: ProcessStat, pageSizeBytes: number): ProcessInfo => ({
  pid: stat.pid,
  parentPid: stat.parentPid,
  processGroupId: stat.processGroupId,
  startTicks: stat.startTicks,
  name: stat.name,
  state: stat.state,
  cpuTicks: stat.cpuTicks,
  rssBytes: stat.rssPages * pageSizeBytes,
  anonBytes: 'unknown',
  shmemBytes: 'unknown',
  fileBytes: 'unknown',
  cgroup: null,
  commandLine: null,
  userId: null
})
