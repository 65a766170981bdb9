import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { CommandOutput } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { MachineFacts, Notice } from '../../../shared/model/status.ts'
import type { LinkState } from '../client/link.ts'

export const PAGES = ['overview', 'models', 'guard', 'settings'] as const
export type Page = (typeof PAGES)[number]

/** The panel itself: which page, whether the core answers, what it wants to be known. */
export interface AppState {
  readonly page: Page
  readonly link: LinkState
  /** True when what is shown is old: the connection is lost, or ticks have stopped. */
  readonly stale: boolean
  /** Why the core cannot be used although it is there (another version). */
  readonly problem: ContractError | null
  readonly hello: CommandOutput<'app.hello'> | null
  readonly facts: MachineFacts | null
  readonly notices: readonly Notice[]
  /** The model whose form is to be open when the Models page comes. */
  readonly editId: string | null
  go(page: Page): void
  /** To the form of that model. */
  edit(profileId: string): void
  /** Its form is open. */
  edited(): void
  setLink(link: LinkState): void
  setStale(stale: boolean): void
  setProblem(problem: ContractError | null): void
  load(): Promise<void>
  /** The core has dropped what is over: only it knows which. */
  lookAtNotices(): Promise<void>
  notice(notice: Notice): void
  dismiss(id: string): Promise<void>
}
export type AppStore = StoreApi<AppState>

export function createAppStore(client: Client, link: LinkState): AppStore {
  /** Dismissed here: an answer that was on its way meanwhile does not bring one back. */
  const dismissed = new Set<string>()
  const key = ({ id, atMs }: Notice): string => `${id} ${atMs}`
  return createStore<AppState>()((set, get) => ({
    page: 'overview',
    link,
    stale: false,
    problem: null,
    hello: null,
    facts: null,
    notices: [],
    editId: null,
    go(page) {
      set({ page })
    },
    edit(profileId) {
      set({ page: 'models', editId: profileId })
    },
    edited() {
      set({ editId: null })
    },
    setLink(link) {
      set({ link })
    },
    setStale(stale) {
      set({ stale })
    },
    setProblem(problem) {
      set({ problem })
    },
    async load() {
      const [hello, facts, notices] = await Promise.all([
        client.call('app.hello', {}),
        client.call('app.facts', {}),
        client.call('app.notices', {})
      ])
      set({
        problem: hello.ok || hello.error.code === 'disconnected' ? null : hello.error,
        ...(hello.ok ? { hello: hello.value } : {}),
        ...(facts.ok ? { facts: facts.value } : {}),
        ...(notices.ok ? { notices: notices.value.filter((one) => !dismissed.has(key(one))) } : {})
      })
    },
    async lookAtNotices() {
      const notices = await client.call('app.notices', {})
      if (notices.ok) set({ notices: notices.value.filter((one) => !dismissed.has(key(one))) })
    },
    notice(notice) {
      set((before) => ({ notices: [...before.notices.filter((one) => one.id !== notice.id), notice] }))
    },
    async dismiss(id) {
      for (const one of get().notices) if (one.id === id) dismissed.add(key(one))
      set((before) => ({ notices: before.notices.filter((one) => one.id !== id) }))
      await client.call('app.dismiss-notice', { id })
    }
  }))
}
