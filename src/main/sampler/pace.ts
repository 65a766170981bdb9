import type { MemInfo } from '../../shared/model/snapshot.ts'
import { orZero, type Reading } from '../../shared/model/reading.ts'
import { clamp } from '../../shared/util/clamp.ts'

/** Between snapshots while nothing happens: the rate people can read, at a thousandth of a core. */
export const CALM_INTERVAL_MS = 1_000
/** While a model loads or memory falls: 4 Hz. Published falls take 34 to 12.7 GiB in 1.5 s on a GB10. */
export const FAST_INTERVAL_MS = 250
/** Falling faster than this is not a desktop at work; the slowest published collapse is ten times as fast. */
export const FAST_FALL_BYTES_PER_S = 256 * 1024 * 1024
/** Fast goes on for this long after the last reason, so that a stair-shaped fall is seen as one. */
export const QUIET_MS = 5_000
/** Two readings closer than this say more about rounding than about a rate. */
const MIN_RATE_SPAN_MS = 100
const MS_PER_S = 1_000

const MIB = 1024 * 1024
/** Twice the default reserve: a fall from above it, unseen for one calm interval, still ends above the floor. */
const lowBytes = (memTotalBytes: number): number => 2 * clamp(memTotalBytes / 20, 512 * MIB, 6 * 1024 * MIB)

/** Decides how soon the next snapshot is due. Pure but for what it remembers of earlier readings. */
export interface Pace {
  /** Takes a reading in; returns the interval to the next. */
  next(memInfo: MemInfo, perCpuFreeBytes: Reading, monotonicMs: number): number
  setLoading(loading: boolean): void
  readonly loading: boolean
}

export function createPace(): Pace {
  let loading = false
  let previous: { availableBytes: number; atMs: number } | null = null
  let fastUntilMs = Number.NEGATIVE_INFINITY

  return {
    next(memInfo, perCpuFreeBytes, monotonicMs) {
      const availableBytes = memInfo.memAvailableBytes + orZero(perCpuFreeBytes)
      let falling = false
      if (previous === null) previous = { availableBytes, atMs: monotonicMs }
      else if (monotonicMs - previous.atMs >= MIN_RATE_SPAN_MS) {
        const perS = ((previous.availableBytes - availableBytes) * MS_PER_S) / (monotonicMs - previous.atMs)
        falling = perS > FAST_FALL_BYTES_PER_S
        previous = { availableBytes, atMs: monotonicMs }
      }
      const reason = loading || falling || availableBytes < lowBytes(memInfo.memTotalBytes)
      if (reason) fastUntilMs = monotonicMs + QUIET_MS
      return monotonicMs < fastUntilMs ? FAST_INTERVAL_MS : CALM_INTERVAL_MS
    },
    setLoading(value) {
      loading = value
    },
    get loading() {
      return loading
    }
  }
}
