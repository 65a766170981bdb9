import { createStore, type StoreApi } from 'zustand/vanilla'
import type { AdmissionStatus } from '../../../shared/model/estimate.ts'
import { LEDGER_KINDS, type LedgerPart } from '../../../shared/model/ledger.ts'
import type { Live } from '../../../shared/model/status.ts'
import { compareIds } from '../../../shared/util/compare-ids.ts'
import { calmParts } from './calm-parts.ts'
import { holderOrder } from './holder-order.ts'
import { assignHues } from './hues.ts'
import { keepSame } from './keep-same.ts'

const rank = new Map(LEDGER_KINDS.map((kind, at) => [kind, at]))

/** The last tick and what is derived from it for drawing. */
export interface LiveState {
  readonly live: Live | null
  /** When it came, on this page's own monotonic clock, in ms. */
  readonly cameAtMs: number
  /** The ledger in drawing order: kinds as LEDGER_KINDS has them, within a kind by id, so nothing trades places. */
  readonly parts: readonly LedgerPart[]
  /** Ids of those who hold memory, largest first. */
  readonly holders: readonly string[]
  /** Ledger ids of all runners there are, running or not. */
  readonly runnerIds: readonly string[]
  /** Hue index by ledger id of runners. */
  readonly hues: ReadonlyMap<string, number>
  /** Launches that wait, the next to be started first; the same list while it says the same. */
  readonly waiting: AdmissionStatus['waiting']
  set(live: Live): void
  knowRunners(ids: readonly string[]): void
}
export type LiveStore = StoreApi<LiveState>

const isHolding = (part: LedgerPart): boolean =>
  part.kind !== 'free' && part.kind !== 'cache' && part.bytes > 0

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at])

const runnersIn = (parts: readonly LedgerPart[]): readonly string[] =>
  parts.filter((part) => part.kind === 'runner').map((part) => part.id)

export function createLiveStore(): LiveStore {
  return createStore<LiveState>()((set) => ({
    live: null,
    cameAtMs: 0,
    parts: [],
    holders: [],
    runnerIds: [],
    hues: new Map(),
    waiting: [],
    set(live) {
      set((before) => {
        const sorted = live.ledger.toSorted(
          (a, b) => (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || compareIds(a.id, b.id)
        )
        const parts = calmParts(before.parts, sorted, live.memTotalBytes)
        const holders = holderOrder(before.holders, live.ledger.filter(isHolding))
        const runners = runnersIn(sorted)
        return {
          live,
          cameAtMs: performance.now(),
          parts,
          holders: sameList(before.holders, holders) ? before.holders : holders,
          waiting: keepSame(before.waiting, live.admission.waiting),
          hues: runners.every((id) => before.hues.has(id))
            ? before.hues
            : assignHues(before.runnerIds, runners)
        }
      })
    },
    knowRunners(ids) {
      set((before) => {
        const runnerIds = ids.map((id) => `runner:${id}`)
        if (sameList(before.runnerIds, runnerIds)) return before
        return { runnerIds, hues: assignHues(runnerIds, runnersIn(before.parts)) }
      })
    }
  }))
}

/** The time now on the machine that is shown, which need not be this one's: its last tick and what has passed since. */
export const machineNowMs = ({ live, cameAtMs }: Pick<LiveState, 'live' | 'cameAtMs'>): number =>
  live === null ? Date.now() : live.atMs + performance.now() - cameAtMs
