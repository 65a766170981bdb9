import { join } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import {
  ACTIVE_STATES,
  RUNNER_KINDS,
  type Profile,
  type RunnerKind,
  type RunnerView
} from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { createEmitter } from '../../../shared/util/emitter.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { openProfiles } from '../profiles/store.ts'
import type { RunnerAdapter } from './adapter.ts'
import { checkProfile } from './check-profile.ts'
import { createScopes } from './launch.ts'
import { findTarget, type TargetSources } from './find-target.ts'
import { openLogFile, type LogFile } from './log-file.ts'
import { createLogFollower, type LogFollower } from './log-follower.ts'
import { createPlanning } from './planning.ts'
import { createRecordKeeper } from './record-keeper.ts'
import { readBootId, type RunnerRecord } from './state-file.ts'
import { insideOperations } from './service/inside.ts'
import { createServiceSupervisor } from './service/service-supervisor.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import { takingBack } from './taking-back.ts'
import { expandHome } from './target.ts'
import { createTicker } from './ticker.ts'
import type { LogChunk, RunnerNotice, Runners, SupervisorPorts } from './types.ts'

const PROFILES_FOLDER = 'profiles'
const LOGS_FOLDER = 'logs'
const STATE_FILE = 'runners.json'

interface Entry {
  readonly supervisor: Supervisor
  readonly log: LogFile
  readonly follower: LogFollower
}

/** All runners of this core: profiles on disk, one supervisor each. Disposing stops timers, never a runner. */
export function createRunners(
  ports: SupervisorPorts & {
    readonly adapters: Readonly<Record<RunnerKind, RunnerAdapter>>
    /** Filtered before a runner sees it; also says where to search for binaries. */
    readonly env?: NodeJS.ProcessEnv
  } & TargetSources
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
  /** Made for a path, and not launched yet: kept on disk once they are. */
  const unsaved = new Set<string>()
  /** Found before anybody could listen. */
  const early: RunnerNotice[] = []
  const profiles = openProfiles(join(places.configDir, PROFILES_FOLDER), (problem) => early.push(problem))

  const planning = createPlanning({
    ports,
    adapters,
    env,
    isBusy: (id) => entries.get(id)?.supervisor.isBusy() === true
  })

  const keeper = createRecordKeeper({
    path: statePath,
    records: () =>
      [...entries.values()].flatMap(({ supervisor }): RunnerRecord[] => {
        const record = supervisor.record()
        return record === null ? [] : [record]
      }),
    onProblem(error) {
      logger.error('what is running could not be written down', error)
      notices.emit({
        text: `What is running could not be written to ${statePath} (${reasonOf(error)}); it is tried again.`,
        whatToDo: 'Free some space on that disk. Until then a restart of Firebreak may lose sight of a model.'
      })
    }
  })

  const add = (profile: Profile): Entry => {
    const log = openLogFile(join(places.dataDir, LOGS_FOLDER, `${profile.id}.log`))
    const isService = RUNNER_SPECS[profile.kind].way === 'service'
    const supervisor = (isService ? createServiceSupervisor : createSupervisor)(profile, {
      ports,
      adapter: adapters[profile.kind],
      log,
      env,
      bootId,
      scopes,
      plan: planning.plan,
      unplan: () => planning.forget(profile.id),
      tell: notices.emit,
      onChange() {
        ticker.wake()
        changes.emit(supervisor.view())
      },
      onRecord: keeper.save
    })
    const entry = { supervisor, log, follower: createLogFollower(log, notices.emit) }
    entries.set(profile.id, entry)
    return entry
  }

  /** A supervisor is made for one kind: of another, the profile gets a new one. Not for one that is busy. */
  const entryOf = (profile: Profile): Entry => {
    const entry = entries.get(profile.id)
    if (entry === undefined) return add(profile)
    if (entry.supervisor.profile().kind === profile.kind) return entry
    entry.supervisor.dispose()
    return add(profile)
  }

  const isLoading = (): boolean =>
    [...entries.values()].some(({ supervisor }) => {
      const { state } = supervisor.view()
      return state === 'starting' || state === 'loading'
    })

  const ticker = createTicker(
    () => {
      const busy = [...entries.values()].filter(({ supervisor }) => supervisor.isBusy())
      if (busy.length === 0) return keeper.isBehind ? 'calm' : 'none'
      return busy.every(({ supervisor }) => supervisor.view().state === 'ready') ? 'calm' : 'busy'
    },
    () => {
      if (keeper.isBehind) keeper.save()
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

  /** What a runner has taken, and that it is ready or gone, may let another one start. */
  const count = (): void =>
    ports.admission?.update([...entries.values()].map(({ supervisor }) => supervisor.view()))
  changes.on(count)
  removals.on(count)

  /** One that waited for its first launch has begun it. */
  changes.on(({ id, state }) => {
    if (unsaved.has(id) && ACTIVE_STATES.includes(state) && state !== 'waiting') keepNew(id)
  })

  /** Last words of a runner that just ended are told, too. */
  changes.on((view) => {
    const entry = entries.get(view.id)
    if (entry && !entry.supervisor.isBusy()) pollLog(view.id, entry.follower)
  })

  const save = (profile: Profile): Result<Profile, ContractError> => {
    try {
      profiles.save(profile)
    } catch (error) {
      return err({ code: 'internal', message: `The profile could not be saved: ${reasonOf(error)}.` })
    }
    return ok(profile)
  }

  const keepNew = (id: string): void => {
    unsaved.delete(id)
    const profile = entries.get(id)?.supervisor.profile()
    if (profile === undefined) return
    const saved = save(profile)
    if (!saved.ok) notices.emit({ text: saved.error.message, whatToDo: 'It will be gone after a restart.' })
  }

  /** What never ran leaves no profile behind. */
  const dropNew = (id: string): void => {
    unsaved.delete(id)
    entries.get(id)?.supervisor.dispose()
    entries.delete(id)
    removals.emit(id)
  }

  const taking = takingBack({
    ports,
    adapters,
    planning,
    statePath,
    bootId,
    entries,
    add,
    entryOf,
    save,
    keep: keeper.save,
    tell: notices.emit
  })

  const closing = new AbortController()

  const unknown = (id: string): { readonly ok: false; readonly error: ContractError } =>
    err({ code: 'not-found', message: `There is no runner '${id}'.` })

  return {
    async adoptLeftRunning() {
      for (const notice of early.splice(0)) notices.emit(notice)
      return taking.adoptLeftRunning()
    },
    adoptFound: taking.adoptFound,

    list: () => [...entries.values()].map(({ supervisor }) => supervisor.view()),

    async start(target, changed, { kind, waits = false, phrase = null } = {}) {
      const found = findTarget(
        { target, settings: changed, kind, homeDir: places.homeDir },
        () => ({
          profiles: [...entries.values()].map((entry) => entry.supervisor.profile()),
          isTaken: (id) => entries.has(id)
        }),
        ports
      )
      const resolved = found instanceof Promise ? await found : found
      if (!resolved.ok) return resolved
      const checked = checkProfile(resolved.value.profile)
      if (!checked.ok) return checked
      const profile = checked.value
      const isNew = resolved.value.isNew || unsaved.has(profile.id)
      const entry = entries.get(profile.id) ?? add(profile)
      if (isNew) unsaved.add(profile.id)
      const started = await entry.supervisor.start(profile, { waits, phrase })
      if (!unsaved.has(profile.id)) return started
      const { supervisor } = entry
      const { state } = supervisor.view()
      // Another start of the same path may still be at it.
      const hasNeverRun = state === 'stopped' && !supervisor.isBusy()
      if (!started.ok && hasNeverRun) dropNew(profile.id)
      else if (state !== 'stopped' && state !== 'waiting') keepNew(profile.id)
      return started
    },

    async stop(id) {
      const stopped = await (entries.get(id)?.supervisor.stop() ?? unknown(id))
      if (stopped.ok && unsaved.has(id)) dropNew(id)
      return stopped
    },

    ...insideOperations({
      find: (id) => entries.get(id)?.supervisor ?? null,
      adapters,
      ports,
      abort: closing.signal
    }),

    async readLog(id, offset, maxBytes) {
      const entry = entries.get(id)
      if (!entry) return unknown(id)
      try {
        return ok(entry.log.read(offset, maxBytes))
      } catch (error) {
        return err({ code: 'internal', message: `The log of ${id} cannot be read: ${reasonOf(error)}.` })
      }
    },

    profiles: () => [
      ...profiles.list(),
      ...[...unsaved].flatMap((id) => entries.get(id)?.supervisor.profile() ?? [])
    ],

    running: (id) => entries.get(id)?.supervisor.running() ?? null,

    async saveProfile(profile) {
      const checked = checkProfile(profile)
      if (!checked.ok) return checked
      const wanted: Profile = {
        ...checked.value,
        modelPath: expandHome(checked.value.modelPath, places.homeDir)
      }
      const before = entries.get(profile.id)?.supervisor
      const isOtherKind = before !== undefined && before.profile().kind !== wanted.kind
      if (isOtherKind && before.isBusy()) {
        const { label, kind } = before.profile()
        const message = `${label} is running as ${RUNNER_SPECS[kind].name}. Stop it first, then change what it is.`
        return err({ code: 'refused', message })
      }
      const saved = save(wanted)
      if (saved.ok) {
        unsaved.delete(profile.id)
        const { supervisor } = entryOf(wanted)
        if (supervisor === before) supervisor.setProfile(wanted)
        else changes.emit(supervisor.view())
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
        return err({ code: 'internal', message: `The profile could not be removed: ${reasonOf(error)}.` })
      }
      unsaved.delete(id)
      entries.delete(id)
      entry.supervisor.dispose()
      removals.emit(id)
      return ok(undefined)
    },

    installed: () =>
      Promise.all(
        RUNNER_KINDS.map(async (kind) => ({
          kind,
          ...(await adapters[kind].installed({ settings: settings(), env: { ...env, HOME: places.homeDir } }))
        }))
      ),

    isLoading,

    noteGuardEvent: (id, kind) => entries.get(id)?.supervisor.noteGuardEvent(kind),

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
      closing.abort()
      ticker.dispose()
      for (const { supervisor } of entries.values()) supervisor.dispose()
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
