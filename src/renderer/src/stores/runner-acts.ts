import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Result } from '../../../shared/util/result.ts'

/** What is asked of a runner that goes on running: give memory back, take a model in, restart. */
export type RunnerAct = 'free' | 'restart' | 'checkpoint' | `load:${string}` | `unload:${string}`

/** What was asked of running runners here, by runner id. */
export interface RunnerActsState {
  readonly busy: ReadonlyMap<string, RunnerAct>
  /** What came of it in words, until the next act or its dismissal. */
  readonly outcomes: ReadonlyMap<string, string>
  readonly errors: ReadonlyMap<string, ContractError>
  free(id: string): Promise<void>
  /** Stops it and starts it again. */
  restart(id: string): Promise<void>
  loadModel(id: string, model: string): Promise<void>
  unloadModel(id: string, model: string): Promise<void>
  stopAfterCheckpoint(id: string): Promise<void>
  dismiss(id: string): void
}
export type RunnerActsStore = StoreApi<RunnerActsState>

export function createRunnerActsStore(client: Client): RunnerActsStore {
  return createStore<RunnerActsState>()((set, get) => {
    const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
      new Map([...map].filter(([one]) => one !== key))
    const act = async (
      id: string,
      what: RunnerAct,
      run: () => Promise<Result<string | null, ContractError>>
    ): Promise<void> => {
      if (get().busy.has(id)) return
      set((before) => ({
        busy: new Map(before.busy).set(id, what),
        outcomes: without(before.outcomes, id),
        errors: without(before.errors, id)
      }))
      const result = await run()
      set((before) => ({
        busy: without(before.busy, id),
        ...(result.ok
          ? result.value === null
            ? {}
            : { outcomes: new Map(before.outcomes).set(id, result.value) }
          : { errors: new Map(before.errors).set(id, result.error) })
      }))
    }
    const nothing = (result: Result<unknown, ContractError>): Result<null, ContractError> =>
      result.ok ? { ok: true, value: null } : result
    return {
      busy: new Map(),
      outcomes: new Map(),
      errors: new Map(),
      free: (id) =>
        act(id, 'free', async () => {
          const result = await client.call('runners.free', { id })
          return result.ok ? { ok: true, value: result.value.text } : result
        }),
      restart: (id) =>
        act(id, 'restart', async () => {
          const stopped = await client.call('runners.stop', { id })
          return stopped.ok ? nothing(await client.call('runners.start', { target: id })) : stopped
        }),
      loadModel: (id, model) =>
        act(id, `load:${model}`, async () => nothing(await client.call('runners.load-model', { id, model }))),
      unloadModel: (id, model) =>
        act(id, `unload:${model}`, async () =>
          nothing(await client.call('runners.unload-model', { id, model }))
        ),
      stopAfterCheckpoint: (id) =>
        act(id, 'checkpoint', async () => {
          const result = await client.call('runners.stop-after-checkpoint', { id })
          return result.ok ? { ok: true, value: 'It stops after the next checkpoint.' } : result
        }),
      dismiss(id) {
        set((before) => ({ outcomes: without(before.outcomes, id), errors: without(before.errors, id) }))
      }
    }
  })
}
