import { closeSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Profile } from '../../../shared/model/runner.ts'
import { newMark } from './environment-mark.ts'
import type { LogFile } from './log-file.ts'
import type { RunnerRecord } from './state-file.ts'
import type { FoundProcess, ProfileDraft } from './types.ts'

/** Whether a profile would start the same: then taking over again makes no second one. */
export function isDraftOf(profile: Profile, draft: ProfileDraft): boolean {
  return isDeepStrictEqual({ ...profile }, { ...draft, id: profile.id })
}

/** As if this core had launched it. The mark is one that no process carries: its tree alone tells who belongs to it. */
export function recordOfAdopted(options: {
  readonly found: FoundProcess
  readonly profile: Profile
  readonly dataDir: string
  readonly bootId: string
}): RunnerRecord {
  const { found, profile, dataDir, bootId } = options
  const { root, members, port, url, commandLine, startedAtMs, unit } = found
  return {
    profile,
    root,
    members,
    // The number of a group that nobody is in, where its own holds other programs, too.
    processGroupId: found.processGroupId ?? root.pid,
    mark: newMark(profile.id, dataDir),
    scopeUnit: null,
    container: null,
    port: port ?? 0,
    url: url ?? '',
    modelBytes: null,
    startedAtMs,
    readyAtMs: null,
    commandLine,
    adopted: { unit },
    bootId
  }
}

/** Its output goes where it was started: who looks for it here must be told so. */
export function noteInLog(log: LogFile, { root }: FoundProcess): void {
  try {
    const where = 'Its output goes where it was started.'
    closeSync(log.openForRunner(`[firebreak] taken over as it runs (pid ${root.pid}). ${where}`))
  } catch {
    // A log that cannot be written is no reason to leave a runner alone.
  }
}
