import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { FoundRunner, RunnerView, StopResult } from '../../../shared/model/runner.ts'

/** Runners that Firebreak did not start, as of the last look, and what was asked of them here. */
export interface FoundState {
  readonly found: readonly FoundRunner[]
  /** Asked for and not answered yet, by foundKey. */
  readonly asked: ReadonlyMap<string, 'stop' | 'adopt'>
  readonly errors: ReadonlyMap<string, ContractError>
  /** What the last stop here gave back; until it is dismissed or another takes its place. */
  readonly outcome: StopResult | null
  look(): Promise<void>
  stop(one: FoundRunner): Promise<void>
  adopt(one: FoundRunner): Promise<void>
  dismissOutcome(): void
}
export type FoundStore = StoreApi<FoundState>

/** A process by its number alone is none: numbers are given anew. */
export const foundKey = ({ pid, startTicks }: Pick<FoundRunner, 'pid' | 'startTicks'>): string =>
  `${pid}:${startTicks}`

/** `adopted`: told of the runner that a found one has become. */
export function createFoundStore(client: Client, adopted: (view: RunnerView) => void): FoundStore {
  return createStore<FoundState>()((set, get) => {
    const begin = (key: string, what: 'stop' | 'adopt'): void =>
      set((before) => ({
        asked: new Map(before.asked).set(key, what),
        errors: new Map([...before.errors].filter(([one]) => one !== key))
      }))
    const end = (key: string, error: ContractError | null): void =>
      set((before) => ({
        asked: new Map([...before.asked].filter(([one]) => one !== key)),
        errors: error === null ? before.errors : new Map(before.errors).set(key, error)
      }))
    const lookNow = async (): Promise<void> => {
      const found = await client.call('runners.found', {})
      if (!found.ok) return
      const keys = new Set(found.value.map(foundKey))
      set((before) => ({
        // What is the same stays the same object, so that a look that finds nothing new draws nothing.
        ...(JSON.stringify(found.value) === JSON.stringify(before.found) ? {} : { found: found.value }),
        ...([...before.errors.keys()].every((key) => keys.has(key))
          ? {}
          : { errors: new Map([...before.errors].filter(([key]) => keys.has(key))) })
      }))
    }
    let looking: Promise<void> | null = null
    return {
      found: [],
      asked: new Map(),
      errors: new Map(),
      outcome: null,
      look() {
        looking ??= lookNow().finally(() => {
          looking = null
        })
        return looking
      },
      async stop(one) {
        const key = foundKey(one)
        begin(key, 'stop')
        const { pid, startTicks } = one
        const result = await client.call('runners.stop-found', { pid, startTicks })
        end(key, result.ok ? null : result.error)
        if (result.ok) set({ outcome: result.value })
        await get().look()
      },
      async adopt(one) {
        const key = foundKey(one)
        begin(key, 'adopt')
        const { pid, startTicks } = one
        const result = await client.call('runners.adopt', { pid, startTicks })
        end(key, result.ok ? null : result.error)
        if (result.ok) adopted(result.value)
        await get().look()
      },
      dismissOutcome() {
        set({ outcome: null })
      }
    }
  })
}
