import { join } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { profileSchema } from '../../../shared/contract/schemas.ts'
import type { Profile, RunnerKind, RunnerView } from '../../../shared/model/runner.ts'
import { createEmitter } from '../../../shared/util/emitter.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { openProfiles } from '../profiles/store.ts'
import type { LaunchPlan, RunnerAdapter } from './adapter.ts'
import { createScopes } from './launch.ts'
import { openLogFile, type LogFile } from './log-file.ts'
import { createLogFollower, type LogFollower } from './log-follower.ts'
import { firstFreePort, portOwner } from './ports.ts'
import { loadRecords, readBootId, saveRecords, type RunnerRecord } from './state-file.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { resolveTarget } from './target.ts'
import { createTicker } from './ticker.ts'
import type { LogChunk, Runners, SupervisorPorts } from './types.ts'

const PROFILES_FOLDER = 'profiles'
const LOGS_FOLDER = 'logs'
const STATE_FILE = 'runners.json'

interface Entry {
  readonly supervisor: Supervisor
  readonly log: LogFile
  readonly follower: LogFollower
}

interface RunnerNotice {
  readonly text: string
  readonly whatToDo: string | null
}

/** All runners of this core: profiles on disk, one supervisor each. Disposing stops timers, never a runner. */
export function createRunners(
  ports: SupervisorPorts & {
    readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
    /** Filtered before a runner sees it; also says where to search for binaries. */
    readonly env?: NodeJS.ProcessEnv
  }
): Runners {
  const { places, logger, adapters, machine, settings } = ports
  const env = ports.env ?? process.env
  const statePath = join(places.dataDir, STATE_FILE)
  const bootId = readBootId(places.procRoot)
  const scopes = createScopes(env)
  const onListenerError = (error: unknown): void => logger.error('a listener of runners failed', error)
  const changes = createEmitter<RunnerView>(onListenerError)
  const removals = createEmitter<string>(onListenerError)
  const logChunks = createEmitter<LogChunk>(onListenerError)
  const notices = createEmitter<RunnerNotice>(onListenerError)
  const entries = new Map<string, Entry>()
  const promisedPorts = new Map<string, number>()
  /** Found before anybody could listen. */
  const early: RunnerNotice[] = []
  const profiles = openProfiles(join(places.configDir, PROFILES_FOLDER), (problem) => early.push(problem))
  let planning: Promise<unknown> = Promise.resolve()

  /** One plan at a time, so that two launches are never promised the same port. */
  const plan = (profile: Profile): Promise<Result<LaunchPlan, ContractError>> => {
    const isPromised = (port: number): boolean =>
      [...promisedPorts].some(([id, promised]) => {
        return id !== profile.id && promised === port && entries.get(id)?.supervisor.isBusy() === true
      })
    const next = planning.then(async () => {
      const planned = await adapters[profile.kind].plan(profile, {
        settings: settings(),
        env: { ...env, HOME: places.homeDir },
        firstFreePort: (from) => firstFreePort(from, isPromised),
        portOwner: (port) => portOwner(places.procRoot, port)
      })
      if (planned.ok) promisedPorts.set(profile.id, planned.value.port)
      return planned
    })
    const guarded = next.catch((error: unknown) => {
      logger.error(`the launch of ${profile.id} could not be planned`, error)
      const message = error instanceof Error ? error.message : String(error)
      return err<ContractError>({
        code: 'internal',
        message: `The launch could not be prepared: ${message}.`
      })
    })
    planning = guarded
    return guarded
  }

  const persist = (): void => {
    const records = [...entries.values()].flatMap(({ supervisor }): RunnerRecord[] => {
      const record = supervisor.record()
      return record === null ? [] : [record]
    })
    try {
      saveRecords(statePath, records)
    } catch (error) {
      logger.error('what is running could not be written down', error)
    }
  }

  const add = (profile: Profile): Entry => {
    const log = openLogFile(join(places.dataDir, LOGS_FOLDER, `${profile.id}.log`))
    const supervisor = createSupervisor(profile, {
      ports,
      adapter: adapters[profile.kind],
      log,
      env,
      bootId,
      scopes,
      plan,
      onChange() {
        ticker.wake()
        changes.emit(supervisor.view())
      },
      onRecord: persist
    })
    const entry = { supervisor, log, follower: createLogFollower(log) }
    entries.set(profile.id, entry)
    return entry
  }

  const isLoading = (): boolean =>
    [...entries.values()].some(({ supervisor }) => {
      const { state } = supervisor.view()
      return state === 'starting' || state === 'loading'
    })

  const ticker = createTicker(
    () => {
      const busy = [...entries.values()].filter(({ supervisor }) => supervisor.isBusy())
      if (busy.length === 0) return 'none'
      return busy.every(({ supervisor }) => supervisor.view().state === 'ready') ? 'calm' : 'busy'
    },
    () => {
      const processes = machine.processes()
      for (const [id, { supervisor, follower }] of entries) {
        if (!supervisor.isBusy()) continue
        supervisor.tick(processes)
        pollLog(id, follower)
      }
    }
  )

  const pollLog = (id: string, follower: LogFollower): void => {
    try {
      const isHeard = logChunks.listenerCount > 0
      follower.poll(isHeard ? (piece) => logChunks.emit({ id, ...piece }) : null)
    } catch (error) {
      logger.error(`the log of ${id} cannot be read`, error)
    }
  }

  for (const profile of profiles.list()) add(profile)

  /** Last words of a runner that just ended are told, too. */
  changes.on((view) => {
    const entry = entries.get(view.id)
    if (entry && !entry.supervisor.isBusy()) pollLog(view.id, entry.follower)
  })

  const save = (profile: Profile): Result<Profile, ContractError> => {
    try {
      profiles.save(profile)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return err({ code: 'internal', message: `The profile could not be saved: ${message}.` })
    }
    return ok(profile)
  }

  const unknown = (id: string): { readonly ok: false; readonly error: ContractError } =>
    err({ code: 'not-found', message: `There is no runner '${id}'.` })

  return {
    async adoptLeftRunning() {
      for (const notice of early.splice(0)) notices.emit(notice)
      const { records, problem } = loadRecords(statePath)
      if (problem !== null) {
        notices.emit({
          text: `What an earlier Firebreak left running is not known: ${statePath} could not be read (${problem}).`,
          whatToDo: 'If a model server is still running, end it by hand.'
        })
      }
      const adopted = await Promise.all(
        records.map(async (record) => {
          const { supervisor } = entries.get(record.profile.id) ?? add(record.profile)
          const isAlive = await supervisor.adopt(record)
          if (isAlive) promisedPorts.set(record.profile.id, record.port)
          else notices.emit({ text: supervisor.view().text, whatToDo: null })
          return isAlive ? [supervisor.view()] : []
        })
      )
      if (records.length > 0) persist()
      return adopted.flat()
    },

    list: () => [...entries.values()].map(({ supervisor }) => supervisor.view()),

    async start(target, changed) {
      const known = {
        profiles: [...entries.values()].map((entry) => entry.supervisor.profile()),
        isTaken: (id: string) => entries.has(id)
      }
      const resolved = resolveTarget(target, changed, known, places.homeDir)
      if (!resolved.ok) return resolved
      const { profile, isNew } = resolved.value
      const entry = entries.get(profile.id) ?? add(profile)
      const started = await entry.supervisor.start(profile)
      if (!isNew) return started
      const neverRan = !started.ok && entry.supervisor.view().state === 'stopped'
      if (neverRan) {
        // A path that cannot be launched leaves no profile behind.
        entries.delete(profile.id)
        removals.emit(profile.id)
        return started
      }
      const saved = save(profile)
      if (!saved.ok) notices.emit({ text: saved.error.message, whatToDo: 'It will be gone after a restart.' })
      return started
    },

    async stop(id) {
      return entries.get(id)?.supervisor.stop() ?? unknown(id)
    },

    async readLog(id, offset, maxBytes) {
      const entry = entries.get(id)
      if (!entry) return unknown(id)
      try {
        return ok(entry.log.read(offset, maxBytes))
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return err({ code: 'internal', message: `The log of ${id} cannot be read: ${message}.` })
      }
    },

    profiles: () => profiles.list(),

    async saveProfile(profile) {
      const parsed = profileSchema.safeParse(profile)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        const message = `The profile is not valid: ${issue?.path.join('.')}: ${issue?.message}`
        return err({ code: 'bad-request', message })
      }
      const saved = save(parsed.data)
      if (saved.ok) {
        const entry = entries.get(profile.id)
        if (entry) entry.supervisor.setProfile(parsed.data)
        else changes.emit(add(parsed.data).supervisor.view())
      }
      return saved
    },

    async removeProfile(id) {
      const entry = entries.get(id)
      if (!entry) return unknown(id)
      if (entry.supervisor.isBusy()) {
        const { label } = entry.supervisor.profile()
        return err({ code: 'refused', message: `${label} is running. Stop it first.` })
      }
      try {
        profiles.remove(id)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return err({ code: 'internal', message: `The profile could not be removed: ${message}.` })
      }
      entries.delete(id)
      entry.supervisor.dispose()
      removals.emit(id)
      return ok(undefined)
    },

    isLoading,

    holders: () =>
      [...entries.values()].flatMap(({ supervisor }) => {
        const { id, label, pids } = supervisor.view()
        return pids.length > 0 ? [{ id, label, pids }] : []
      }),

    onChange: (listener) => changes.on(listener),
    onRemoved: (listener) => removals.on(listener),
    onLog: (listener) => logChunks.on(listener),
    onNotice: (listener) => notices.on(listener),

    dispose() {
      ticker.dispose()
      for (const { supervisor } of entries.values()) supervisor.dispose()
    }
  }
}
