import { createStore, type StoreApi } from 'zustand/vanilla'
import { appendPoint } from '../../../shared/domain/history/window.ts'
import type { Live, Recent, RecentPoint, RecentSeries } from '../../../shared/model/status.ts'

/** The last 15 minutes, one point a second at most. */
export interface RecentState {
  readonly series: ReadonlyMap<string, RecentSeries>
  readonly points: readonly RecentPoint[]
  reset(recent: Recent): void
  append(live: Live): void
}
export type RecentStore = StoreApi<RecentState>

export function createRecentStore(): RecentStore {
  return createStore<RecentState>()((set) => ({
    series: new Map(),
    points: [],
    reset(recent) {
      set({ series: new Map(recent.series.map((one) => [one.id, one])), points: recent.points })
    },
    append(live) {
      set((before) => {
        const points = appendPoint(before.points, {
          atMs: live.atMs,
          memAvailableBytes: live.memAvailableBytes,
          bands: Object.fromEntries(live.ledger.map((part) => [part.id, part.bytes]))
        })
        if (points === before.points) return before
        const fresh = live.ledger.filter((part) => before.series.get(part.id)?.label !== part.label)
        if (fresh.length === 0) return { points }
        const series = new Map(before.series)
        for (const { id, label, kind } of fresh) series.set(id, { id, label, kind })
        // Only what is still drawn keeps its name, so that a day of short-lived programs does not pile up.
        const drawn = new Set(points.flatMap((point) => Object.keys(point.bands)))
        for (const id of series.keys()) if (!drawn.has(id)) series.delete(id)
        return { points, series }
      })
    }
  }))
}
