import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { CommandInput, CommandOutput } from '../../../shared/contract/commands.ts'
import type { Profile, RunnerView } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'

export type FoundModel = CommandOutput<'models.list'>['models'][number]

/** Runners, profiles and model files as the core last told them, and what this panel asked for. */
export interface RunnersState {
  readonly loaded: boolean
  readonly runners: readonly RunnerView[]
  readonly profiles: readonly Profile[]
  readonly models: readonly FoundModel[]
  readonly searched: readonly string[]
  /** Asked for here and not answered yet, by runner id or model path. */
  readonly asked: ReadonlyMap<string, 'start' | 'stop'>
  /** The last refusal by runner id or model path, until the next attempt. */
  readonly errors: ReadonlyMap<string, ContractError>
  refresh(): Promise<void>
  upsert(view: RunnerView): void
  removed(id: string): void
  start(input: CommandInput<'runners.start'>): Promise<Result<RunnerView, ContractError>>
  stop(id: string): Promise<void>
  saveProfile(profile: Profile): Promise<Result<Profile, ContractError>>
  /** Saves and starts a profile that is new; where it cannot be started none is left behind. */
  startNew(profile: Profile): Promise<NewStart>
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

/** The contract's input is mutable, a profile is not. */
const asInput = (profile: Profile): CommandInput<'profiles.save'> => ({
  ...profile,
  settings: { ...profile.settings, extraArgs: [...profile.settings.extraArgs] }
})

export function createRunnersStore(client: Client): RunnersStore {
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
    return {
      loaded: false,
      runners: [],
      profiles: [],
      models: [],
      searched: [],
      asked: new Map(),
      errors: new Map(),
      async refresh() {
        const listRunners = async (): Promise<void> => {
          const runners = await client.call('runners.list', {})
          if (runners.ok) set({ runners: runners.value.toSorted(byLabel) })
        }
        // Shown as soon as they are known: a search through big folders takes its time.
        const [, profiles, models] = await Promise.all([
          listRunners(),
          client.call('profiles.list', {}),
          client.call('models.list', {})
        ])
        set((before) => ({
          loaded: before.loaded || profiles.ok,
          ...(profiles.ok ? { profiles: profiles.value.toSorted(byLabel) } : {}),
          ...(models.ok ? { models: models.value.models, searched: models.value.searched } : {})
        }))
      },
      upsert(view) {
        set((before) => ({
          runners: [...before.runners.filter((one) => one.id !== view.id), view].toSorted(byLabel)
        }))
      },
      removed(id) {
        set((before) => ({
          runners: before.runners.filter((one) => one.id !== id),
          profiles: before.profiles.filter((one) => one.id !== id)
        }))
      },
      async start(input) {
        begin(input.target, 'start')
        const result = await client.call('runners.start', input)
        end(input.target, result.ok ? null : result.error)
        if (result.ok) {
          get().upsert(result.value)
          if (!get().profiles.some((one) => one.id === result.value.id)) await get().refresh()
        }
        return result
      },
      async stop(id) {
        begin(id, 'stop')
        const result = await client.call('runners.stop', { id })
        end(id, result.ok ? null : result.error)
      },
      async saveProfile(profile) {
        const result = await client.call('profiles.save', asInput(profile))
        if (result.ok) await get().refresh()
        return result
      },
      async startNew(profile) {
        const saved = await client.call('profiles.save', asInput(profile))
        if (!saved.ok) return { outcome: saved, keptId: null }
        const { id } = saved.value
        const outcome = await client.call('runners.start', { target: id })
        const removed = outcome.ok ? null : await client.call('profiles.remove', { id })
        await get().refresh()
        return { outcome, keptId: removed?.ok === true ? null : id }
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
