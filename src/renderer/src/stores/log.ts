import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { EventPayload } from '../../../shared/contract/commands.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { addText, addition, type LogBlock } from './log-text.ts'

/** First read: the last 64 KiB, some 500 lines; older lines stay in the file. */
const FIRST_READ_BYTES = 65_536

type LogChunk = EventPayload<'log'>

/** The log that is open, if one is. */
export interface LogState {
  readonly id: string | null
  readonly blocks: readonly LogBlock[]
  /** Byte of the log at which the text ends. */
  readonly nextOffset: number
  readonly loading: boolean
  readonly error: ContractError | null
  open(id: string): Promise<void>
  close(): void
  append(chunk: LogChunk): void
}
export type LogStore = StoreApi<LogState>

const NONE = { blocks: [], nextOffset: 0, error: null } as const

/** Logs are followed only while one is open: nobody else asks the core to read them. */
export function createLogStore(client: Client): LogStore {
  return createStore<LogState>()((set, get) => {
    /** Told while the first read is under way; that read has some of it. */
    let early: LogChunk[] = []
    /** Counts the openings: of two reads under way only the later counts. */
    let opening = 0
    return {
      id: null,
      loading: false,
      ...NONE,
      async open(id) {
        early = []
        opening += 1
        const own = opening
        set({ id, loading: true, ...NONE })
        void client.call('events.subscribe', { events: ['log'] })
        const result = await client.call('runners.log', { id, offset: null, maxBytes: FIRST_READ_BYTES })
        if (own !== opening) return
        if (!result.ok) return set({ loading: false, error: result.error })
        let blocks = addText([], result.value.text)
        let { nextOffset } = result.value
        for (const chunk of early.splice(0)) {
          const added = addition(chunk, nextOffset)
          if (added === null) continue
          blocks = addText(blocks, added)
          nextOffset = chunk.nextOffset
        }
        set({ loading: false, blocks, nextOffset })
      },
      close() {
        if (get().id !== null) void client.call('events.unsubscribe', { events: ['log'] })
        early = []
        opening += 1
        set({ id: null, loading: false, ...NONE })
      },
      append(chunk) {
        const now = get()
        if (now.id !== chunk.id) return
        if (now.loading) return void early.push(chunk)
        // Only a file that begins anew ends before what is shown; anything else that does is out of date.
        if (chunk.fromOffset === 0 && chunk.nextOffset < now.nextOffset) {
          return set({ blocks: addText([], chunk.text), nextOffset: chunk.nextOffset })
        }
        const added = addition(chunk, now.nextOffset)
        if (added !== null) set({ blocks: addText(now.blocks, added), nextOffset: chunk.nextOffset })
      }
    }
  })
}
