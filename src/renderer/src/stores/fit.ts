import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { CommandInput } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { EstimateView } from '../../../shared/model/estimate.ts'
import type { Profile, SettingValue } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'
import { profileInput } from './profile-input.ts'

type StartInput = CommandInput<'runners.start'>

/** How a launch that does not fit is tried all the same. */
export type StartHow = Pick<StartInput, 'waits' | 'phrase'>

/** What is changed before it is tried again. */
export interface Over {
  readonly settings?: Readonly<Record<string, SettingValue>>
  readonly modelPath?: string
}

/** saved: by a profile's id or a model's path. new: a profile that is made only if it starts. */
export type Launch =
  { readonly how: 'saved'; readonly input: StartInput } | { readonly how: 'new'; readonly profile: Profile }

/** A start that does not fit, until it is decided about. */
export interface RefusedStart {
  readonly launch: Launch
  readonly label: string
  readonly error: ContractError
  /** Its estimate with the ways out; null until it has come. */
  readonly view: EstimateView | null
}

/** What can be done to a launch that was refused; the stores that do it. */
export interface Launcher {
  start(launch: Launch, how: StartHow): Promise<void>
  stop(id: string): Promise<Result<unknown, ContractError>>
  /** Null: it was done; else why not. */
  unload(id: string, model: string | null): Promise<ContractError | null>
}

/** The one refused start that is being decided about. */
export interface FitState {
  readonly refused: RefusedStart | null
  /** A way out is being taken. */
  readonly busy: boolean
  /** Why the way out that was taken led nowhere, or why none are known. */
  readonly problem: ContractError | null
  refuse(launch: Launch, label: string, error: ContractError): void
  close(): void
  /** Starts it as it is, in another way, or with other settings. */
  start(how: StartHow, over?: Over): Promise<void>
  /** Ends these first, then starts it. */
  stopAndStart(ids: readonly string[]): Promise<void>
  unloadAndStart(id: string, model: string | null): Promise<void>
}
export type FitStore = StoreApi<FitState>

/** `launch` with other settings, or with another model and the same settings. */
export function changedLaunch(
  launch: Launch,
  { settings, modelPath }: Over,
  profiles: readonly Profile[]
): Launch {
  if (launch.how === 'new') {
    const profile = {
      ...launch.profile,
      ...(modelPath === undefined ? {} : { modelPath }),
      settings: { ...launch.profile.settings, ...settings }
    } as Profile
    return { how: 'new', profile }
  }
  const { input } = launch
  // The contract's input is mutable, and what was offered is not.
  const wanted = structuredClone({ ...input.settings, ...settings }) as NonNullable<StartInput['settings']>
  const changed = Object.keys(wanted).length === 0 ? {} : { settings: wanted }
  if (modelPath === undefined) return { how: 'saved', input: { ...input, ...changed } }
  // A model's path makes a profile of its own, which is to run as this one would.
  const own = profiles.find((one) => one.id === input.target)
  const like =
    own === undefined ? changed : { kind: own.kind, settings: { ...profileInput(own).settings, ...wanted } }
  return { how: 'saved', input: { ...input, ...like, target: modelPath } }
}

export function createFitStore(
  client: Client,
  launcher: Launcher,
  profiles: () => readonly Profile[]
): FitStore {
  return createStore<FitState>()((set, get) => {
    const viewOf = (launch: Launch): Promise<Result<EstimateView, ContractError>> => {
      if (launch.how === 'new') {
        return client.call('estimate.profile', { profile: profileInput(launch.profile) })
      }
      const { target, kind, settings } = launch.input
      return client.call('estimate.get', {
        target,
        ...(kind === undefined ? {} : { kind }),
        ...(settings === undefined ? {} : { settings })
      })
    }
    /** A refusal of the same kind brings the dialog again, with what is true then. */
    const begin = async (launch: Launch, how: StartHow): Promise<void> => {
      const told = get().refused?.error
      await launcher.start(launch, how)
      set((now) => (now.refused?.error === told ? { busy: false, refused: null } : { busy: false }))
    }
    const after = async (
      act: () => Promise<ContractError | null>,
      then: (launch: Launch) => Promise<void>
    ): Promise<void> => {
      const { refused, busy } = get()
      if (refused === null || busy) return
      set({ busy: true, problem: null })
      const problem = await act()
      if (problem === null) await then(refused.launch)
      else set({ busy: false, problem })
    }
    return {
      refused: null,
      busy: false,
      problem: null,
      refuse(launch, label, error) {
        const refused: RefusedStart = { launch, label, error, view: null }
        set({ refused, problem: null })
        void viewOf(launch).then((result) => {
          set((now) => {
            if (now.refused !== refused) return now
            return result.ok ? { refused: { ...refused, view: result.value } } : { problem: result.error }
          })
        })
      },
      close() {
        set({ refused: null, problem: null })
      },
      start: (how, over = {}) =>
        after(
          async () => null,
          (launch) => begin(changedLaunch(launch, over, profiles()), how)
        ),
      stopAndStart: (ids) =>
        after(
          async () => {
            const results = await Promise.all(ids.map((id) => launcher.stop(id)))
            return results.find((result) => !result.ok)?.error ?? null
          },
          (launch) => begin(launch, {})
        ),
      unloadAndStart: (id, model) =>
        after(
          () => launcher.unload(id, model),
          (launch) => begin(launch, {})
        )
    }
  })
}
