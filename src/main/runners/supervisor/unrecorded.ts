import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Profile } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { readMark } from './environment-mark.ts'
import { isAlive } from './identity.ts'
import { redactArgs } from './redact.ts'
import type { RunnerRecord } from './state-file.ts'

/** A runner of ours that runs and is in no record: the disk was full when it was started. */
export interface Unrecorded {
  readonly id: string
  readonly mark: string
  /** The oldest of its processes that leads a group. */
  readonly root: ProcessInfo
  readonly commandLine: readonly string[]
}

/** Finds live processes that carry a mark beginning with `<id><prefix>` of a known id and are in no record. */
export function findUnrecorded(options: {
  readonly procRoot: string
  readonly processes: readonly ProcessInfo[]
  /** Whose mark it is, or null where it is none of ours. */
  readonly idOfMark: (mark: string) => string | null
  readonly recordedMarks: ReadonlySet<string>
}): readonly Unrecorded[] {
  const { procRoot, processes, idOfMark, recordedMarks } = options
  const roots = new Map<string, ProcessInfo>()
  for (const item of processes) {
    if (!isAlive(item) || item.pid !== item.processGroupId) continue
    const mark = readMark(procRoot, item.pid)
    if (mark === null || recordedMarks.has(mark) || idOfMark(mark) === null) continue
    const oldest = roots.get(mark)
    if (oldest === undefined || item.startTicks < oldest.startTicks) roots.set(mark, item)
  }
  return [...roots].map(([mark, root]) => ({
    id: idOfMark(mark) ?? '',
    mark,
    root,
    commandLine: readCommandLine(procRoot, root.pid)
  }))
}

function readCommandLine(procRoot: string, pid: number): readonly string[] {
  try {
    const text = readFileSync(join(procRoot, String(pid), 'cmdline'), 'utf8')
    return text.replace(/\0$/, '').split('\0')
  } catch {
    return []
  }
}

/** What would have been written down, as far as it can still be seen. */
export function recordOfFound(found: {
  readonly profile: Profile
  readonly mark: string
  readonly root: ProcessInfo
  readonly commandLine: readonly string[]
  readonly address: { readonly port: number; readonly url: string }
  readonly bootId: string
  /** When it was started is not known to the clock: it is shown as found now. */
  readonly nowMs: number
}): RunnerRecord {
  const { profile, mark, root, commandLine, address, bootId, nowMs } = found
  return {
    profile,
    root: { pid: root.pid, startTicks: root.startTicks },
    members: [],
    processGroupId: root.processGroupId,
    mark,
    scopeUnit: null,
    container: null,
    port: address.port,
    url: address.url,
    modelBytes: null,
    startedAtMs: nowMs,
    readyAtMs: null,
    commandLine: [...redactArgs(commandLine)],
    bootId
  }
}
