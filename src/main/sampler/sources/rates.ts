import type { Reading } from '../../../shared/model/reading.ts'

/** Two counters of one interface or disk: received and sent, read and written. */
export interface CounterPair {
  readonly name: string
  readonly first: number
  readonly second: number
}

export interface PairRates {
  readonly firstPerS: Reading
  readonly secondPerS: Reading
}

const NOT_YET: PairRates = { firstPerS: 'unknown', secondPerS: 'unknown' }
/** Closer readings say more about the clock than about the traffic. */
const MIN_ELAPSED_MS = 50
const MS_PER_S = 1000

/**
 * Rates from counters, by the monotonic clock, summed over the devices that both readings have.
 *
 * Per device, so that one that appears or vanishes makes no spike; a counter that went back (a reset) counts
 * as 0 this once.
 */
export function rateTracker(): (pairs: readonly CounterPair[], monotonicMs: number) => PairRates {
  let before = new Map<string, CounterPair>()
  let beforeMs: number | null = null
  let last = NOT_YET
  return (pairs, monotonicMs) => {
    const elapsedMs = beforeMs === null ? 0 : monotonicMs - beforeMs
    if (beforeMs !== null && elapsedMs < MIN_ELAPSED_MS) return last
    if (pairs.length === 0) last = NOT_YET
    else if (beforeMs !== null) {
      let first = 0
      let second = 0
      for (const pair of pairs) {
        const earlier = before.get(pair.name)
        if (earlier === undefined) continue
        first += Math.max(0, pair.first - earlier.first)
        second += Math.max(0, pair.second - earlier.second)
      }
      const seconds = elapsedMs / MS_PER_S
      last = { firstPerS: Math.round(first / seconds), secondPerS: Math.round(second / seconds) }
    }
    before = new Map(pairs.map((pair) => [pair.name, pair]))
    beforeMs = monotonicMs
    return last
  }
}
