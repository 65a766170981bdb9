import { GIB } from '../format/bytes.ts'

/** One moment of a kept curve; `l0` … are the lines of holders. */
export interface CurvePoint {
  /** Seconds, from whatever the curve begins with. */
  readonly atS: number
  readonly availableBytes: number
  readonly [line: `l${number}`]: number
}

export interface Scale {
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
  /** Decimals of a tick in GiB. */
  readonly decimals: number
}

const STEPS_GIB = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 5, 10, 20, 25, 50, 100, 200]
const MAX_TICKS = 5

/** A scale around `values`: from 0 where they come near it, else only as wide as they need. */
export function scaleAround(values: readonly number[]): Scale {
  const least = values.reduce((low, one) => Math.min(low, one), Infinity)
  const most = values.reduce((high, one) => Math.max(high, one), 0)
  const bottom = Number.isFinite(least) && least > most / 2 ? least : 0
  const span = Math.max(most - bottom, 0.05 * GIB)
  const step = (STEPS_GIB.find((one) => span / (one * GIB) < MAX_TICKS - 1) ?? 400) * GIB
  const low = Math.floor((bottom - (bottom > 0 ? span * 0.05 : 0)) / step) * step
  const high = Math.ceil((most + span * 0.02) / step) * step
  const count = Math.round((high - low) / step) + 1
  return {
    low,
    high,
    ticks: Array.from({ length: count }, (_, at) => low + at * step),
    decimals: step < 0.1 * GIB ? 2 : step % GIB === 0 ? 0 : step < 0.5 * GIB ? 2 : 1
  }
}
