import type { ContractError } from '../../shared/contract/errors.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { clamp } from '../../shared/util/clamp.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/** More would prove nothing more. */
const MOST_BYTES = GIB
/** Below it the coming and going of other programs hides the drill. */
const LEAST_BYTES = 128 * MIB
/** Of what is free above the reserve: the drill must never be what brings the desktop into trouble. */
const SHARE_OF_FREE = 1 / 4
/** Slow enough to be seen on the graph, and for each step of the guard to be told from the next. */
const TAKE_S = 8
/** Steps per s: fine enough for the shortest window in which the guard measures a fall (0.25 s). */
const STEPS_PER_S = 40
/** Part of the bound after which the drill's reserve is entered, and its floor is met. */
const RESERVE_AT = 0.3
const FLOOR_AT = 0.85
const RETURNS_AT_LEAST = 0.8

/** How much a drill takes, and how fast. */
export interface DrillPace {
  readonly boundBytes: number
  readonly stepBytes: number
  readonly stepMs: number
}

export interface DrillThresholds {
  readonly reserveBytes: number
  readonly floorBytes: number
}

/**
 * The pace on this machine now, or why there can be no drill.
 *
 * The rate is at least twice the slowest fall that the guard takes for one (MemTotal/2000 per s within 8 and
 * 64 MiB/s): a drill below it would test nothing.
 */
export function drillPace(now: {
  readonly availableBytes: number
  readonly reserveBytes: number
  readonly memTotalBytes: number
}): Result<DrillPace, ContractError> {
  const { availableBytes, reserveBytes, memTotalBytes } = now
  const free = availableBytes - reserveBytes
  const boundBytes = Math.floor(Math.min(MOST_BYTES, free * SHARE_OF_FREE))
  if (boundBytes < LEAST_BYTES) {
    return err({
      code: 'refused',
      message:
        `There is too little free memory for a drill that cannot hurt: ${bytesInWords(Math.max(0, free))} ` +
        `above the reserve, ${bytesInWords(LEAST_BYTES / SHARE_OF_FREE)} are needed.`,
      detail: 'Stop a model, or close a program, then run it again.'
    })
  }
  const leastFallBytesPerS = clamp(memTotalBytes / 2000, 8 * MIB, 64 * MIB)
  const bytesPerS = Math.max(boundBytes / TAKE_S, 2 * leastFallBytesPerS)
  return ok({ boundBytes, stepBytes: Math.floor(bytesPerS / STEPS_PER_S), stepMs: 1000 / STEPS_PER_S })
}

/** The drill's own reserve and floor, so near that its few bytes cross them; the desktop's stay far away. */
export const drillThresholds = (availableBytes: number, boundBytes: number): DrillThresholds => ({
  reserveBytes: Math.round(availableBytes - RESERVE_AT * boundBytes),
  floorBytes: Math.round(availableBytes - FLOOR_AT * boundBytes)
})

/**
 * What is to come back: a little less than is taken when the guard acts, which is shortly before the floor, so that
 * what other programs take meanwhile does not hide the return.
 */
export const expectedBytes = (boundBytes: number): number => Math.round(RETURNS_AT_LEAST * boundBytes)
