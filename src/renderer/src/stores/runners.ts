import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { CommandInput, CommandOutput } from '../../../shared/contract/commands.ts'
import type {
  Installation,
  Profile,
  RunnerKind,
  RunnerState,
  RunnerView,
  StopResult
} from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'
import { modelName } from '../format/names.ts'
import { actOf, withAct, type Act } from './acts.ts'
import type { Launch, StartHow } from './fit.ts'
import { profileInput } from './profile-input.ts'

export type FoundModel = CommandOutput<'models.list'>['models'][number]

/** Runners, profiles and model files as the core last told them, and what this panel asked for. */
export interface RunnersState {
  readonly loaded: boolean
  readonly runners: readonly RunnerView[]
  readonly profiles: readonly Profile[]
  /** What became of runners while this panel looked on, and the starts it was told of. */
  readonly acts: readonly Act[]
  readonly models: readonly FoundModel[]
  readonly searched: readonly string[]
  /** The program of each kind of runner; empty until it is known. */
  readonly installed: readonly Installation[]
  /** Asked for here and not answered yet, by runner id or model path. */
  readonly asked: ReadonlyMap<string, 'start' | 'stop'>
  /** The last refusal by runner id or model path, until the next attempt; not what does not fit: a dialog tells that. */
  readonly errors: ReadonlyMap<string, ContractError>
  refresh(): Promise<void>
  /** Looks again for what the core does not tell by itself: model files, programs, sizes. */
  look(): Promise<void>
  upsert(view: RunnerView): void
  removed(id: string): void
  start(input: CommandInput<'runners.start'>): Promise<Result<RunnerView, ContractError>>
  stop(id: string): Promise<Result<StopResult, ContractError>>
  saveProfile(profile: Profile): Promise<Result<Profile, ContractError>>
  /** Saves and starts a profile that is new; where it cannot be started none is left behind. */
  startNew(profile: Profile, how?: StartHow): Promise<NewStart>
  /** The same, with the refusal kept where the profile's row shows it. */
  startPlaybook(profile: Profile, how?: StartHow): Promise<void>
  /** True when it is gone. */
  removeProfile(id: string): Promise<boolean>
  dismissError(key: string): void
  /** The core answers again: what was refused only because it did not is worth another try. */
  reconnected(): void
}
/** `keptId`: the profile that is there now, if one is. */
export interface NewStart {
  readonly outcome: Result<RunnerView, ContractError>
  readonly keptId: string | null
}
export type RunnersStore = StoreApi<RunnersState>

const byLabel = (a: { label: string }, b: { label: string }): number => a.label.localeCompare(b.label)

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
  map.has(key) ? new Map([...map].filter(([one]) => one !== key)) : map

/** In these a start has come about, whoever asked for it: an earlier refusal is no longer true. */
const STARTED: ReadonlySet<RunnerState> = new Set(['waiting', 'starting', 'loading', 'ready'])

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Told of every start that does not fit, but those of a form, which shows the ways out itself. */
export type OnTooBig = (launch: Launch, label: string, error: ContractError) => void

/** `nowMs`: the time on the machine that is shown, which need not be this one's. */
export function createRunnersStore(
  client: Client,
  nowMs: () => number = Date.now,
  onTooBig: OnTooBig = () => undefined
): RunnersStore {
  return createStore<RunnersState>()((set, get) => {
    const begin = (key: string, what: 'start' | 'stop'): void =>
      set((before) => ({
        asked: new Map(before.asked).set(key, what),
        errors: without(before.errors, key)
      }))
    const end = (key: string, error: ContractError | null): void =>
      set((before) => ({
        asked: without(before.asked, key),
        errors: error === null ? before.errors : new Map(before.errors).set(key, error)
      }))
    const listRunners = async (): Promise<void> => {
      const runners = await client.call('runners.list', {})
      if (!runners.ok) return
      set((before) => {
        let { acts } = before
        for (const view of runners.value) {
          // Starts alone: a core that has just begun lists as stopped what it is about to take back.
          const act = actOf(undefined, view, nowMs())
          if (act !== null) acts = withAct(acts, act)
        }
        return { runners: runners.value.toSorted(byLabel), acts }
      })
    }
    /** Named by an event although the core lists no profile of it: not asked for again and again. */
    const strangers = new Set<string>()
    const listProfiles = async (): Promise<void> => {
      const profiles = await client.call('profiles.list', {})
      if (profiles.ok) set({ loaded: true, profiles: profiles.value.toSorted(byLabel) })
    }
    const listFiles = async (): Promise<void> => {
      const [models, installed] = await Promise.all([
        client.call('models.list', {}),
        client.call('runners.installed', {})
      ])
      set((before) => {
        const files = models.ok ? models.value : before
        const programs = installed.ok ? installed.value : before.installed
        const paths = new Set(files.models.map((model) => model.path))
        const pathOf = (key: string): string =>
          before.profiles.find((one) => one.id === key)?.modelPath ?? key
        const kindOf = (key: string): RunnerKind =>
          before.profiles.find((one) => one.id === key)?.kind ?? 'llamacpp'
        const isMended = (key: string, error: ContractError): boolean =>
          (error.code === 'model-missing' && paths.has(pathOf(key))) ||
          (error.code === 'runner-missing' &&
            programs.some(({ kind, path }) => kind === kindOf(key) && path !== null))
        const errors = new Map([...before.errors].filter(([key, error]) => !isMended(key, error)))
        return {
          ...(errors.size === before.errors.size ? {} : { errors }),
          // What is the same stays the same object, so that a look that finds nothing new draws nothing.
          ...(sameJson(files.models, before.models) ? {} : { models: files.models }),
          ...(sameJson(files.searched, before.searched) ? {} : { searched: files.searched }),
          ...(sameJson(programs, before.installed) ? {} : { installed: programs })
        }
      })
    }
    const lookNow = async (): Promise<void> => {
      const isUnmeasured = get().runners.some(
        ({ state, modelBytes }) => STARTED.has(state) && typeof modelBytes !== 'number'
      )
      await Promise.all([listFiles(), listProfiles(), isUnmeasured ? listRunners() : undefined])
    }
    let looking: Promise<void> | null = null
    return {
      loaded: false,
      runners: [],
      profiles: [],
      acts: [],
      models: [],
      searched: [],
      installed: [],
      asked: new Map(),
      errors: new Map(),
      async refresh() {
        strangers.clear()
        // Each is shown as soon as it is known: a search through big folders takes its time.
        await Promise.all([listRunners(), listProfiles(), listFiles()])
      },
      look() {
        looking ??= lookNow().finally(() => {
          looking = null
        })
        return looking
      },
      upsert(view) {
        set((before) => {
          const old = before.runners.find((one) => one.id === view.id)
          const isNews = STARTED.has(view.state) && old?.state !== view.state
          const act = actOf(old, view, nowMs())
          return {
            runners: [...before.runners.filter((one) => one.id !== view.id), view].toSorted(byLabel),
            acts: act === null ? before.acts : withAct(before.acts, act),
            errors: isNews ? without(without(before.errors, view.id), view.modelPath) : before.errors
          }
        })
        const profile = get().profiles.find((one) => one.id === view.id)
        if (profile?.label === view.label && profile.modelPath === view.modelPath) return
        // Made or changed elsewhere, as by a start from the command line.
        if (!get().loaded || strangers.has(view.id)) return
        strangers.add(view.id)
        void listProfiles().finally(() => {
          if (get().profiles.some((one) => one.id === view.id)) strangers.delete(view.id)
        })
      },
      removed(id) {
        strangers.delete(id)
        set((before) => ({
          runners: before.runners.filter((one) => one.id !== id),
          profiles: before.profiles.filter((one) => one.id !== id)
        }))
        void listProfiles()
      },
      async start(input) {
        begin(input.target, 'start')
        const result = await client.call('runners.start', input)
        const isTooBig = !result.ok && result.error.code === 'does-not-fit'
        end(input.target, result.ok || isTooBig ? null : result.error)
        if (result.ok) {
          get().upsert(result.value)
          if (!get().profiles.some((one) => one.id === result.value.id)) await get().refresh()
        } else if (isTooBig) {
          const named = get().profiles.find((one) => one.id === input.target)
          const { waits: _waits, phrase: _phrase, ...again } = input
          onTooBig({ how: 'saved', input: again }, named?.label ?? modelName(input.target), result.error)
        }
        return result
      },
      async stop(id) {
        begin(id, 'stop')
        const result = await client.call('runners.stop', { id })
        end(id, result.ok ? null : result.error)
        return result
      },
      async saveProfile(profile) {
        const result = await client.call('profiles.save', profileInput(profile))
        if (result.ok) await get().refresh()
        return result
      },
      async startNew(profile, how = {}) {
        const saved = await client.call('profiles.save', profileInput(profile))
        if (!saved.ok) return { outcome: saved, keptId: null }
        const { id } = saved.value
        const outcome = await client.call('runners.start', { ...how, target: id })
        const removed = outcome.ok ? null : await client.call('profiles.remove', { id })
        await get().refresh()
        return { outcome, keptId: removed?.ok === true ? null : id }
      },
      async startPlaybook(profile, how = {}) {
        begin(profile.id, 'start')
        const { outcome } = await get().startNew(profile, how)
        const isTooBig = !outcome.ok && outcome.error.code === 'does-not-fit'
        end(profile.id, outcome.ok || isTooBig ? null : outcome.error)
        if (!outcome.ok && isTooBig) onTooBig({ how: 'new', profile }, profile.label, outcome.error)
      },
      async removeProfile(id) {
        const result = await client.call('profiles.remove', { id })
        if (result.ok) get().removed(id)
        else end(id, result.error)
        return result.ok
      },
      dismissError(key) {
        set((before) => ({ errors: without(before.errors, key) }))
      },
      reconnected() {
        set((before) => ({
          errors: new Map([...before.errors].filter(([, error]) => error.code !== 'disconnected'))
        }))
      }
    }
  })
}
