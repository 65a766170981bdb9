import { availableAt, noiseAt, type Curve } from './curve.ts'

/** What an act costs in time. */
export interface Conditions {
  /** From the signal to the end of growth. */
  readonly latencyS: number
  /** From the end of the victim to the return of its memory. */
  readonly returnsAfterS: number
}

const RETURN_RAMP_S = 1

/** A curve and what a guard did to it. */
export interface World {
  /** GiB that a guard reads, with noise. */
  read(timeS: number): number
  /** GiB without noise. */
  available(timeS: number): number
  /** The growth ends after the latency; a stop also gives the memory back. */
  act(timeS: number, kind: 'freeze' | 'stop'): void
  /** The stopped one lets go on. */
  thaw(timeS: number): void
  /** When it is gone; null: it runs, or is frozen. */
  readonly goneAtS: number | null
  readonly acts: readonly number[]
  /** When the growth ends; null: nobody acted. */
  readonly endsAtS: number | null
}

export function createWorld(curve: Curve, conditions: Conditions): World {
  const acts: number[] = []
  let endsAtS: number | null = null
  let goneAtS: number | null = null
  const heldGib = Math.max(0, curve.memTotalGib * 0.95 - (curve.points[0]?.availableGib ?? 0)) + 10
  const available = (timeS: number): number => {
    const base = availableAt(curve, endsAtS === null ? timeS : Math.min(timeS, endsAtS))
    if (goneAtS === null) return base
    const back = (timeS - goneAtS - conditions.returnsAfterS) / RETURN_RAMP_S
    return Math.min(curve.memTotalGib, base + heldGib * Math.min(1, Math.max(0, back)))
  }
  return {
    available,
    read: (timeS) =>
      Math.min(curve.memTotalGib, Math.max(0, available(timeS) + curve.noiseGib * noiseAt(timeS))),
    act(timeS, kind) {
      acts.push(timeS)
      endsAtS ??= timeS + conditions.latencyS
      if (kind === 'stop') goneAtS ??= timeS + conditions.latencyS
    },
    thaw() {
      if (goneAtS === null) endsAtS = null
    },
    get goneAtS() {
      return goneAtS
    },
    acts,
    get endsAtS() {
      return endsAtS
    }
  }
}
