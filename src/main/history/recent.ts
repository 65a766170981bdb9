import type { Ledger } from '../../shared/model/ledger.ts'
import type { Recent, RecentPoint, RecentSeries } from '../../shared/model/status.ts'

/** 15 minutes at one point per second: what the live graph can show. */
export const RECENT_POINTS = 900
const POINT_EVERY_MS = 1_000

/**
 * The last 15 minutes in memory, bounded: at most RECENT_POINTS points (about 0.5 MiB with 10 holders).
 *
 * Ticks faster than 1 Hz fold into the running second and keep its lowest MemAvailable, so that a short dip
 * is not lost.
 */
export interface RecentRing {
  add(atMs: number, monotonicMs: number, memAvailableBytes: number, ledger: Ledger): void
  read(windowS: number): Recent
}

interface Slot extends RecentPoint {
  readonly monotonicMs: number
}

export function createRecentRing(capacity: number = RECENT_POINTS): RecentRing {
  const slots: Slot[] = []
  const series = new Map<string, RecentSeries>()
  let next = 0

  const newest = (): Slot | undefined => slots[(next - 1 + slots.length) % Math.max(1, slots.length)]

  const put = (slot: Slot): void => {
    if (slots.length < capacity) slots.push(slot)
    else slots[next] = slot
    next = (next + 1) % capacity
  }

  return {
    add(atMs, monotonicMs, memAvailableBytes, ledger) {
      const bands: Record<string, number> = {}
      for (const part of ledger.parts) {
        bands[part.id] = part.bytes
        if (series.get(part.id)?.label !== part.label) {
          series.set(part.id, { id: part.id, label: part.label, kind: part.kind })
        }
      }
      const last = newest()
      const same =
        last !== undefined &&
        Math.floor(last.monotonicMs / POINT_EVERY_MS) === Math.floor(monotonicMs / POINT_EVERY_MS)
      if (!same) {
        put({ atMs, monotonicMs, memAvailableBytes, bands })
        if (next === 0) forgetUnused(series, slots)
        return
      }
      if (memAvailableBytes <= last.memAvailableBytes) {
        slots[slots.indexOf(last)] = { atMs, monotonicMs: last.monotonicMs, memAvailableBytes, bands }
      }
    },
    read(windowS) {
      const last = newest()
      if (!last) return { series: [], points: [] }
      const from = last.monotonicMs - windowS * 1000
      const ordered = slots.length < capacity ? slots : [...slots.slice(next), ...slots.slice(0, next)]
      const points = ordered
        .filter((slot) => slot.monotonicMs >= from)
        .map(({ atMs, memAvailableBytes, bands }) => ({ atMs, memAvailableBytes, bands }))
      const used = new Set(points.flatMap((point) => Object.keys(point.bands)))
      return { series: [...series.values()].filter((one) => used.has(one.id)), points }
    }
  }
}

/** Once a round: holders that are in no slot any more would otherwise pile up over weeks. */
function forgetUnused(series: Map<string, RecentSeries>, slots: readonly Slot[]): void {
  const used = new Set(slots.flatMap((slot) => Object.keys(slot.bands)))
  for (const id of series.keys()) if (!used.has(id)) series.delete(id)
}
