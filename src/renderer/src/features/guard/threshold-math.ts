import { clamp } from '../../../../shared/util/clamp.ts'
import type { ThresholdField, Thresholds } from '../../format/gib.ts'

const MIB = 2 ** 20
/** A press of an arrow key is about this share of the machine. */
const STEP_SHARE = 1 / 1024
/** PageUp and PageDown. */
const BIG_STEPS = 8

/** What one press of an arrow key moves: a power of two near a thousandth of all memory (128 MiB of 120 GiB). */
export const stepBytes = (memTotalBytes: number): number =>
  Math.max(MIB, 2 ** Math.round(Math.log2(Math.max(1, memTotalBytes) * STEP_SHARE)))

/** From and to where a handle may be moved: the floor never passes the reserve, and neither half of all memory. */
export function bounds(
  field: ThresholdField,
  { memTotalBytes, reserveBytes, floorBytes }: Thresholds
): readonly [number, number] {
  const most = Math.floor(memTotalBytes / 2)
  return field === 'reserveBytes' ? [Math.min(floorBytes, most), most] : [0, Math.min(reserveBytes, most)]
}

/** `wanted` on a whole step and within bounds. */
export function placed(field: ThresholdField, wanted: number, now: Thresholds): number {
  const step = stepBytes(now.memTotalBytes)
  const [low, high] = bounds(field, now)
  return clamp(Math.round(wanted / step) * step, low, high)
}

/** Where a key moves a handle; null where it is none of ours. Left and up are more: the strip is kept clear from the right. */
export function afterKey(key: string, field: ThresholdField, now: Thresholds): number | null {
  const step = stepBytes(now.memTotalBytes)
  const [low, high] = bounds(field, now)
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: step,
    ArrowUp: step,
    ArrowRight: -step,
    ArrowDown: -step,
    PageUp: step * BIG_STEPS,
    PageDown: -step * BIG_STEPS
  }
  if (key === 'Home') return low
  if (key === 'End') return high
  const change = by[key]
  return change === undefined ? null : placed(field, now[field] + change, now)
}
