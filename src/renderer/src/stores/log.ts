import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'

/** First read: the last 64 KiB, some 500 lines; older lines stay in the file. */
const FIRST_READ_BYTES = 65_536

/** Kept for showing, in characters: more than anyone scrolls through, little enough to lay out quickly. */
const MAX_TEXT_CHARS = 262_144

/** The log that is open, if one is. */
export interface LogState {
  readonly id: string | null
  readonly text: string
  readonly nextOffset: number
  readonly loading: boolean
  readonly error: ContractError | null
  open(id: string): Promise<void>
  close(): void
  append(chunk: { readonly id: string; readonly text: string; readonly nextOffset: number }): void
}
export type LogStore = StoreApi<LogState>

const bounded = (text: string): string => {
  if (text.length <= MAX_TEXT_CHARS) return text
  const cut = text.slice(text.length - MAX_TEXT_CHARS)
  return cut.slice(cut.indexOf('\n') + 1)
}

const NONE = { text: '', nextOffset: 0, error: null } as const

export function createLogStore(client: Client): LogStore {
  return createStore<LogState>()((set, get) => ({
    id: null,
    loading: false,
    ...NONE,
    async open(id) {
      set({ id, loading: true, ...NONE })
      const result = await client.call('runners.log', { id, offset: null, maxBytes: FIRST_READ_BYTES })
      if (get().id !== id) return
      if (!result.ok) return set({ loading: false, error: result.error })
      set({ loading: false, text: result.value.text, nextOffset: result.value.nextOffset })
    },
    close() {
      set({ id: null, loading: false, ...NONE })
    },
    append(chunk) {
      const now = get()
      // What the first read already had comes again as an event when both were under way; a smaller offset is a
      // log that began anew.
      if (now.id !== chunk.id || now.loading || chunk.nextOffset === now.nextOffset) return
      const anew = chunk.nextOffset < now.nextOffset
      set({ text: bounded((anew ? '' : now.text) + chunk.text), nextOffset: chunk.nextOffset })
    }
  }))
}
