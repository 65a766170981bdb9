import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { verdictOf } from '../../../shared/domain/admission/verdict.ts'
import type { Estimate, EstimateView, Verdict } from '../../../shared/model/estimate.ts'
import type { ModelFacts } from '../../../shared/model/model-facts.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'
import { profileInput } from './profile-input.ts'

/** What something will take: all that a mark needs. It changes with settings and files, never with a tick. */
export type Size = Pick<Estimate, 'total' | 'confidence'>

/** Sizes and facts as the core read them, asked for once each. */
export interface EstimatesState {
  /** Of models on disk, by path, with the settings a new profile would have; null: not read yet. */
  readonly models: ReadonlyMap<string, Size> | null
  /** By sizeKey: profiles and playbooks that say the same are one. Null: it cannot be told. */
  readonly profiles: ReadonlyMap<string, Size | null>
  /** By factsKey; null while it is read. */
  readonly facts: ReadonlyMap<string, Result<ModelFacts, ContractError> | null>
  readModels(): Promise<void>
  /** Asks for those that are not known yet, one after the other. */
  readProfiles(profiles: readonly Profile[]): Promise<void>
  readFacts(path: string, kind: RunnerKind): void
  /** A profile that need not be saved, with what its estimate means now. */
  view(profile: Profile): Promise<Result<EstimateView, ContractError>>
  /** Asked for again when it is next needed: a run has been measured. */
  forget(profile: Profile): void
  /** Files changed: everything that was read from them is old. */
  forgetAll(): void
}
export type EstimatesStore = StoreApi<EstimatesState>

/** Facts of at most so many models are kept: what one may compare while filling in a form. */
const MAX_FACTS = 32

/** Of a profile, what its size depends on. */
export const sizeKey = ({ kind, modelPath, settings, container }: Profile): string =>
  JSON.stringify([kind, modelPath, settings, container?.image ?? null])

export const factsKey = (path: string, kind: RunnerKind): string => `${kind}\n${path}`

/** Whether it fits into `allocatableBytes`; null before the first tick: nothing is free for it yet. */
export const fitOf = (size: Size | null | undefined, allocatableBytes: number | null): Verdict =>
  size === null || size === undefined || allocatableBytes === null
    ? 'unknown'
    : verdictOf(size.total, size.confidence, allocatableBytes)

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
  map.has(key) ? new Map([...map].filter(([one]) => one !== key)) : map

export function createEstimatesStore(client: Client): EstimatesStore {
  return createStore<EstimatesState>()((set, get) => {
    /** In the order they were asked for; the core reads files for each, so one at a time. */
    const waiting = new Map<string, Profile>()
    let working: Promise<void> | null = null
    let generation = 0
    const viewOf = (profile: Profile): Promise<Result<EstimateView, ContractError>> =>
      client.call('estimate.profile', { profile: profileInput(profile) })
    const work = async (): Promise<void> => {
      for (const [key, profile] of waiting) {
        const began = generation
        const result = await viewOf(profile)
        waiting.delete(key)
        if (!result.ok && result.error.code === 'disconnected') {
          waiting.clear()
          return
        }
        if (began !== generation) continue
        const size = result.ok ? result.value.estimate : null
        set((before) => ({
          profiles: new Map(before.profiles).set(
            key,
            size === null ? null : { total: size.total, confidence: size.confidence }
          )
        }))
      }
    }
    return {
      models: null,
      profiles: new Map(),
      facts: new Map(),
      async readModels() {
        const result = await client.call('estimate.models', {})
        if (!result.ok) return
        set({
          models: new Map(
            result.value.map(({ path, total, isRough }) => [
              path,
              { total, confidence: isRough ? 'rough' : 'good' }
            ])
          )
        })
      },
      async readProfiles(profiles) {
        for (const profile of profiles) {
          const key = sizeKey(profile)
          if (!get().profiles.has(key)) waiting.set(key, profile)
        }
        working ??= work().finally(() => {
          working = null
        })
        await working
      },
      readFacts(path, kind) {
        const key = factsKey(path, kind)
        if (get().facts.has(key)) return
        const began = generation
        set((before) => ({ facts: new Map([...before.facts].slice(1 - MAX_FACTS)).set(key, null) }))
        void client.call('models.facts', { path, kind }).then((result) => {
          if (began !== generation) return
          const isLost = !result.ok && result.error.code === 'disconnected'
          set((before) => ({
            facts: isLost ? without(before.facts, key) : new Map(before.facts).set(key, result)
          }))
        })
      },
      view: viewOf,
      forget(profile) {
        set((before) => ({ profiles: without(before.profiles, sizeKey(profile)) }))
      },
      forgetAll() {
        generation += 1
        set({ profiles: new Map(), facts: new Map() })
      }
    }
  })
}
