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
  const { root, members, port, url, commandLine, startedAtMs, unit, container } = found
  return {
    profile,
    root,
    members,
    // The number of a group that nobody is in, where its own holds other programs, too.
    processGroupId: found.processGroupId ?? root.pid,
    mark: newMark(profile.id, dataDir),
    scopeUnit: null,
    container,
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

/** Only a container's engine hands its output on: who looks for another's here must be told so. */
export function noteInLog(log: LogFile, { root, container }: FoundProcess): void {
  try {
    const where =
      container === null ? 'Its output goes where it was started.' : 'Its output from now on follows.'
    closeSync(log.openForRunner(`[firebreak] taken over as it runs (pid ${root.pid}). ${where}`))
  } catch {
    // A log that cannot be written is no reason to leave a runner alone.
  }
}
