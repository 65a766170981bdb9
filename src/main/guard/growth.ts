/** Over this long a rate is taken: two readings of the GPU at its calm pace. */
const RATE_WINDOW_MS = 2_500
/** A rate over less than this says more about when the readings fell than about growth. */
const LEAST_SPAN_MS = 400
/** How far back 'grew 9 GiB in 4 s' may reach. */
const STORY_WINDOW_MS = 10_000
/** Points per holder: 10 s at the fastest pace of 4 Hz, and some. */
const MAX_POINTS = 48

interface Point {
  readonly atMs: number
  readonly bytes: number
}

export interface Grown {
  readonly bytes: number
  readonly seconds: number
}

/** How fast each holder grows, and what it grew lately; forgets who is gone. */
export interface GrowthTracker {
  /** Takes one reading of all holders in. */
  note(monotonicMs: number, bytesById: ReadonlyMap<string, number>): void
  /** Bytes/s over the last seconds; negative while it shrinks, 0 for one just seen. */
  bytesPerS(id: string): number
  /** Since its lowest point in the last 10 s; null where it did not grow. */
  grown(id: string): Grown | null
}

export function createGrowthTracker(): GrowthTracker {
  const byId = new Map<string, readonly Point[]>()
  return {
    note(monotonicMs, bytesById) {
      for (const id of byId.keys()) if (!bytesById.has(id)) byId.delete(id)
      for (const [id, bytes] of bytesById) {
        const kept = (byId.get(id) ?? []).filter(
          (point) => point.atMs < monotonicMs && point.atMs >= monotonicMs - STORY_WINDOW_MS
        )
        byId.set(id, [...kept, { atMs: monotonicMs, bytes }].slice(-MAX_POINTS))
      }
    },
    bytesPerS(id) {
      const points = byId.get(id) ?? []
      const last = points.at(-1)
      const first = points.find((point) => last !== undefined && point.atMs >= last.atMs - RATE_WINDOW_MS)
      if (last === undefined || first === undefined || last.atMs - first.atMs < LEAST_SPAN_MS) return 0
      return ((last.bytes - first.bytes) * 1_000) / (last.atMs - first.atMs)
    },
    grown(id) {
      const points = byId.get(id) ?? []
      const last = points.at(-1)
      if (last === undefined) return null
      // The latest of the lowest: a long rest before the growth does not belong to it.
      const lowest = points.reduce((low, point) => (point.bytes <= low.bytes ? point : low), last)
      const bytes = last.bytes - lowest.bytes
      return bytes > 0 ? { bytes, seconds: (last.atMs - lowest.atMs) / 1_000 } : null
    }
  }
}
