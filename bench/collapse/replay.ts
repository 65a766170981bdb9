import { floorBytes } from '../../src/shared/domain/guard/thresholds.ts'
import {
  availableAt,
  emptyS,
  endS,
  fallBeginsS,
  LEAD_S,
  lowestUntil,
  withoutLongRests,
  type Curve
} from './curve.ts'
import { GUARDS } from './guards.ts'
import { createWorld } from './world.ts'

const GIB = 1024 ** 3
/** "A signal 300 ms after the fall begins". */
const SIGNAL_AFTER_S = 0.3
/** After the fall ended: late memory must cause no second act. */
const AFTERMATH_S = 45
/** A sentinel's tick may come at any moment of a fall; the worst counts. */
const PHASES_S = [0, 0.024, 0.049, 0.083]
const LONG_S = 400

export interface Case {
  readonly curve: Curve
  readonly guard: string
  readonly latencyS: number
  readonly returnsAfterS?: number
  readonly restsAtGib?: number | null
  /** What the guard believes about the latency; unlearnt: half a second. */
  readonly learnt?: boolean
  readonly phases?: number
}

export interface Result {
  readonly minAvailableGib: number
  readonly actedAtS: number | null
  readonly acted: boolean
  readonly falseActions: number
  readonly wrongVictims: number
  readonly survivable: boolean
  readonly held: boolean
}

export const UNLEARNT_MS = 500

/** The worst of a few phases of the guard's ticks. */
export function replay(given: Case): Result {
  const curve = withoutLongRests(given.curve)
  const { latencyS, restsAtGib = null } = given
  const floor = floorBytes(curve.memTotalGib * GIB, null) / GIB
  const firstS = curve.points[0]?.timeS ?? 0
  const begins = fallBeginsS(curve)
  const survivable =
    curve.kind === 'fall' &&
    begins !== null &&
    Math.min(lowestUntil(curve, begins), availableAt(curve, begins + SIGNAL_AFTER_S + latencyS)) >= floor
  const phases = endS(curve) - firstS > LONG_S ? 1 : (given.phases ?? PHASES_S.length)
  let worst: Result | null = null
  for (const phase of PHASES_S.slice(0, phases)) {
    const world = createWorld(curve, { latencyS, returnsAfterS: given.returnsAfterS ?? 0 })
    const untilS = curve.kind === 'fall' ? emptyS(curve) + AFTERMATH_S : endS(curve) + LEAD_S
    const { wrongVictims } = (GUARDS[given.guard] ?? missing(given.guard))({
      curve,
      world,
      fromS: firstS - LEAD_S + phase,
      untilS,
      restsAtGib,
      stopLatencyMs: given.learnt === true ? latencyS * 1000 : UNLEARNT_MS
    })
    const lowest = lowestUntil(curve, Math.min(untilS, world.endsAtS ?? untilS))
    const result: Result = {
      minAvailableGib: lowest,
      actedAtS: world.acts[0] ?? null,
      acted: world.acts.length > 0,
      falseActions: isFalse(curve, floor) ? world.acts.length + wrongVictims : 0,
      wrongVictims,
      survivable,
      held: lowest >= floor
    }
    if (worst === null || badness(result) > badness(worst)) worst = result
  }
  return worst ?? missing('a phase')
}

/** Every act on a healthy curve is false, and on a transient that would have fitted. */
const isFalse = (curve: Curve, floor: number): boolean =>
  curve.kind === 'healthy' || (curve.kind === 'transient' && lowestUntil(curve, endS(curve)) >= floor)

const badness = (result: Result): number =>
  result.falseActions * 1e6 + (result.acted ? 0 : 1e3) - result.minAvailableGib

function missing(what: string): never {
  throw new Error(`collapse: there is no ${what}`)
}
