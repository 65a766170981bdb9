import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { CommandInput, CommandOutput } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Settings } from '../../../shared/settings/schema.ts'

export type OwnCost = CommandOutput<'app.own-cost'>

/** What became of the last change of one field. */
export type FieldState =
  | { readonly kind: 'saving' }
  | { readonly kind: 'saved' }
  | { readonly kind: 'failed'; readonly error: ContractError }

/** Settings as the core has them; a change is shown when the core has taken it. */
export interface SettingsState {
  readonly settings: Settings | null
  readonly fields: ReadonlyMap<string, FieldState>
  readonly ownCost: OwnCost | null
  load(): Promise<void>
  accept(settings: Settings): void
  /** `field` is where the outcome is shown; true when the core took it. */
  change(field: string, patch: CommandInput<'settings.set'>): Promise<boolean>
  /** What is wrong before the core is asked; false, as from `change`. */
  refuse(field: string, message: string): false
  /** What is typed has changed: what was said of it before is no longer about it. */
  typed(field: string): void
  measure(): Promise<void>
  /** The core answers again: a change that failed only because it did not is worth another try. */
  reconnected(): void
}
export type SettingsStore = StoreApi<SettingsState>

export function createSettingsStore(client: Client): SettingsStore {
  return createStore<SettingsState>()((set) => {
    const mark = (field: string, state: FieldState): void =>
      set((before) => ({ fields: new Map(before.fields).set(field, state) }))
    return {
      settings: null,
      fields: new Map(),
      ownCost: null,
      async load() {
        const result = await client.call('settings.get', {})
        if (result.ok) set({ settings: result.value })
      },
      accept(settings) {
        set({ settings })
      },
      async change(field, patch) {
        mark(field, { kind: 'saving' })
        const result = await client.call('settings.set', patch)
        if (result.ok) set({ settings: result.value })
        mark(field, result.ok ? { kind: 'saved' } : { kind: 'failed', error: result.error })
        return result.ok
      },
      refuse(field, message) {
        mark(field, { kind: 'failed', error: { code: 'bad-request', message } })
        return false
      },
      typed(field) {
        set((before) => {
          if (!before.fields.has(field)) return before
          return { fields: new Map([...before.fields].filter(([one]) => one !== field)) }
        })
      },
      async measure() {
        const result = await client.call('app.own-cost', {})
        if (result.ok) set({ ownCost: result.value })
      },
      reconnected() {
        set((before) => ({
          fields: new Map(
            [...before.fields].filter(
              ([, state]) => state.kind !== 'failed' || state.error.code !== 'disconnected'
            )
          )
        }))
      }
    }
  })
}
