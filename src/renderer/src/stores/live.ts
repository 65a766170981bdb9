import { createStore, type StoreApi } from 'zustand/vanilla'
import { LEDGER_KINDS, type LedgerPart } from '../../../shared/model/ledger.ts'
import type { Live } from '../../../shared/model/status.ts'
import { holderOrder } from './holder-order.ts'
import { assignHues } from './hues.ts'

const rank = new Map(LEDGER_KINDS.map((kind, at) => [kind, at]))

/** The last tick and what is derived from it for drawing. */
export interface LiveState {
  readonly live: Live | null
  /** The ledger in drawing order: kinds as LEDGER_KINDS has them, within a kind by id, so nothing trades places. */
  readonly parts: readonly LedgerPart[]
  /** Ids of those who hold memory, largest first. */
  readonly holders: readonly string[]
  /** Hue index by ledger id of runners; kept for the session. */
  readonly hues: ReadonlyMap<string, number>
  set(live: Live): void
  knowRunners(ids: readonly string[]): void
}
export type LiveStore = StoreApi<LiveState>

const isHolding = (part: LedgerPart): boolean =>
  part.kind !== 'free' && part.kind !== 'cache' && part.bytes > 0

export function createLiveStore(): LiveStore {
  return createStore<LiveState>()((set) => ({
    live: null,
    parts: [],
    holders: [],
    hues: new Map(),
    set(live) {
      set((before) => ({
        live,
        parts: live.ledger.toSorted(
          (a, b) => (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || a.id.localeCompare(b.id)
        ),
        holders: holderOrder(before.holders, live.ledger.filter(isHolding)),
        hues: assignHues(
          before.hues,
          live.ledger.filter((part) => part.kind === 'runner').map((part) => part.id)
        )
      }))
    },
    knowRunners(ids) {
      set((before) => ({
        hues: assignHues(
          before.hues,
          ids.map((id) => `runner:${id}`)
        )
      }))
    }
  }))
}
