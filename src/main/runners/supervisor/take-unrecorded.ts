import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import type { RunnerAdapter } from './adapter.ts'
import { readContainerId } from './container-members.ts'
import { markStem } from './environment-mark.ts'
import type { RunnerRecord } from './state-file.ts'
import type { SupervisorPorts } from './types.ts'
import { findUnrecorded, recordOfFound } from './unrecorded.ts'

/** As `docker ps` shows it. */
const SHORT_ID_CHARACTERS = 12

interface Options {
  readonly ports: Pick<SupervisorPorts, 'places' | 'machine' | 'clock' | 'logger'>
  readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
  readonly bootId: string
  readonly profiles: readonly Profile[]
  readonly records: readonly RunnerRecord[]
  readonly onLost: (notice: { readonly text: string; readonly whatToDo: string }) => void
}

/**
 * Started while nothing could be written down, and still running: each is taken back, or named. Never throws: what is
 * in a record is taken back whatever becomes of this.
 */
export function takeUnrecorded(options: Options): readonly RunnerRecord[] {
  try {
    return searchUnrecorded(options)
  } catch (error) {
    options.ports.logger.error('what was started without a record could not be looked for', error)
    return []
  }
}

function searchUnrecorded(options: Options): readonly RunnerRecord[] {
  const { ports, adapters, bootId, profiles, records, onLost } = options
  const { places, machine, clock } = ports
  const profileOf = (mark: string): Profile | undefined =>
    profiles.find(({ id }) => mark.startsWith(markStem(id, places.dataDir)))
  const found = findUnrecorded({
    procRoot: places.procRoot,
    processes: machine.processes(),
    idOfMark: (mark) => profileOf(mark)?.id ?? null,
    recordedMarks: new Set(records.map((record) => record.mark))
  })
  // Firebreak may itself run in a container.
  const ownContainer = readContainerId(places.procRoot, 'self')
  const taken = new Set(records.map((record) => record.profile.id))
  return found.flatMap(({ mark, root, commandLine }): RunnerRecord[] => {
    const profile = profileOf(mark)
    if (profile === undefined) return []
    const container = readContainerId(places.procRoot, root.pid)
    const isContained = container !== null && container !== ownContainer
    // The command line in a container says where it listens inside, not where it is published.
    const address = isContained ? null : adapters[profile.kind].addressOf(commandLine)
    if (address === null || taken.has(profile.id)) {
      onLost({
        text: `${root.name} (pid ${root.pid}) runs ${profile.label}, but was not written down and cannot be taken back.`,
        whatToDo: isContained
          ? `Remove its container by hand: docker rm --force ${container.slice(0, SHORT_ID_CHARACTERS)}`
          : `End it by hand: kill ${root.pid}`
      })
      return []
    }
    taken.add(profile.id)
    return [recordOfFound({ profile, mark, root, commandLine, address, bootId, nowMs: clock.nowMs() })]
  })
}
