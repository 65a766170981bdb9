import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { CommandOutput } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Playbook } from '../../../shared/model/playbook.ts'
import type { Profile, RunnerKind, SetUpStep } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'
import { profileInput } from './profile-input.ts'

export type Preview = CommandOutput<'profiles.preview'>
export type Engine = CommandOutput<'engine.get'>

/** What can be made into a profile, and what is asked while one is being made. */
export interface LibraryState {
  readonly playbooks: readonly Playbook[]
  /** Null until it is known. */
  readonly engine: Engine | null
  load(): Promise<void>
  /** The steps of each kind change with neither time nor use: asked for once. */
  setUpSteps(kind: RunnerKind): Promise<Result<readonly SetUpStep[], ContractError>>
  preview(profile: Profile): Promise<Result<Preview, ContractError>>
  exportText(ids: readonly string[]): Promise<Result<string, ContractError>>
  importText(text: string): Promise<Result<CommandOutput<'profiles.import'>, ContractError>>
}
export type LibraryStore = StoreApi<LibraryState>

export function createLibraryStore(client: Client): LibraryStore {
  const steps = new Map<RunnerKind, readonly SetUpStep[]>()
  return createStore<LibraryState>()((set) => ({
    playbooks: [],
    engine: null,
    async load() {
      const [playbooks, engine] = await Promise.all([
        client.call('playbooks.list', {}),
        client.call('engine.get', {})
      ])
      set({
        ...(playbooks.ok ? { playbooks: playbooks.value } : {}),
        ...(engine.ok ? { engine: engine.value } : {})
      })
    },
    async setUpSteps(kind) {
      const known = steps.get(kind)
      if (known !== undefined) return { ok: true, value: known }
      const result = await client.call('runners.set-up', { kind })
      if (result.ok) steps.set(kind, result.value)
      return result
    },
    preview: (profile) => client.call('profiles.preview', { profile: profileInput(profile) }),
    async exportText(ids) {
      const result = await client.call('profiles.export', { ids: [...ids] })
      return result.ok ? { ok: true, value: result.value.text } : result
    },
    importText: (text) => client.call('profiles.import', { text })
  }))
}
