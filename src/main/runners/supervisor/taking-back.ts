import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { freeSlug } from '../profiles/slug.ts'
import type { RunnerAdapter } from './adapter.ts'
import { addressRefusal } from './address.ts'
import { checkProfile } from './check-profile.ts'
import { isAlive } from './identity.ts'
import type { LogFile } from './log-file.ts'
import type { Planning } from './planning.ts'
import { loadRecords } from './state-file.ts'
import type { Supervisor } from './supervisor.ts'
import { takeUnrecorded } from './take-unrecorded.ts'
import { isDraftOf, noteInLog, recordOfAdopted } from './taken-over.ts'
import type { RunnerNotice, Runners, SupervisorPorts } from './types.ts'

/** One runner as its owner keeps it. */
export interface Taken {
  readonly supervisor: Supervisor
  readonly log: LogFile
}

/** Runners that run already: left by an earlier core, or started by somebody else. */
export function takingBack(options: {
  readonly ports: SupervisorPorts
  readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
  readonly planning: Pick<Planning, 'promise'>
  readonly statePath: string
  readonly bootId: string
  readonly entries: ReadonlyMap<string, Taken>
  add(profile: Profile): Taken
  /** The profile's own one, of its kind. */
  entryOf(profile: Profile): Taken
  save(profile: Profile): Result<Profile, ContractError>
  /** What runs is written down anew. */
  keep(): void
  tell(notice: RunnerNotice): void
}): Pick<Runners, 'adoptLeftRunning' | 'adoptFound'> {
  const { ports, adapters, planning, statePath, bootId, entries, add, entryOf, save, keep, tell } = options
  const { places, logger, machine } = ports
  return {
    async adoptLeftRunning() {
      const { records, problem, bad } = loadRecords(statePath)
      if (problem !== null) {
        tell({
          text: `What an earlier Firebreak left running is not known: ${statePath} could not be read (${problem}).`,
          whatToDo: 'If a model server is still running, end it by hand.'
        })
      }
      for (const notice of bad) tell(notice)
      const unrecorded = takeUnrecorded({
        ports,
        adapters,
        bootId,
        profiles: [...entries.values()].map(({ supervisor }) => supervisor.profile()),
        records,
        onLost: tell
      })
      const adopted = await Promise.all(
        [...records, ...unrecorded].map(async (record) => {
          try {
            const { supervisor } = entryOf(record.profile)
            planning.promise(record.profile.id, record.port)
            const isAlive = await supervisor.adopt(record)
            if (!isAlive) tell({ text: supervisor.view().text, whatToDo: null })
            return isAlive ? [supervisor.view()] : []
          } catch (error) {
            const { profile, root } = record
            logger.error(`${profile.id} could not be taken back`, error)
            tell({
              text: `${profile.label} (pid ${root.pid}) could not be taken back: ${reasonOf(error)}.`,
              whatToDo: `If it still runs, end it by hand: kill ${root.pid}`
            })
            return []
          }
        })
      )
      if (records.length > 0 || bad.length > 0) keep()
      return adopted.flat()
    },

    async adoptFound(found, draft) {
      const unreachable = addressRefusal(draft.kind, found.url)
      if (unreachable !== null) return err(unreachable)
      const { root } = found
      const isThere = machine
        .processes()
        .some((one) => one.pid === root.pid && one.startTicks === root.startTicks && isAlive(one))
      if (!isThere) return err({ code: 'not-found', message: `Process ${root.pid} has ended meanwhile.` })
      const holder = [...entries.values()].find(({ supervisor }) => supervisor.view().pids.includes(root.pid))
      if (holder !== undefined) {
        const { label } = holder.supervisor.profile()
        return err({ code: 'already-running', message: `Process ${root.pid} belongs to ${label} already.` })
      }
      const same = [...entries.values()].find(
        ({ supervisor }) =>
          supervisor.view().state === 'stopped' &&
          !supervisor.isBusy() &&
          isDraftOf(supervisor.profile(), draft)
      )
      const id = same?.supervisor.profile().id ?? freeSlug(draft.label, (taken) => entries.has(taken))
      const checked = checkProfile({ ...draft, id })
      if (!checked.ok) return checked
      const profile = checked.value
      const { supervisor, log } = same ?? add(profile)
      if (found.port !== null) planning.promise(id, found.port)
      noteInLog(log, found)
      // Saved first: the record of a core that ends now must find its profile.
      const saved = save(profile)
      const record = recordOfAdopted({ found, profile, dataDir: places.dataDir, bootId })
      await supervisor.adopt(record)
      if (!saved.ok) tell({ text: saved.error.message, whatToDo: 'It will be gone after a restart.' })
      return ok(supervisor.view())
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
