import { clamp } from '../../shared/util/clamp.ts'

/** Share of the victim's bytes that must be back: file pages and noise of other programs make up the rest. */
const BACK_SHARE = 0.9
/** Memory of a big model comes back over seconds, as the driver takes its pages apart. */
const LEAST_DEADLINE_MS = 30_000
/** A container's engine may take this long to let go of it. */
const MOST_DEADLINE_MS = 300_000
/** Who is given long to end takes long to be taken apart. */
const GRACES = 3

/** Whether the memory of an ended victim came back; fed with every reading from the act on. */
export interface Proof {
  /** null: not decided yet. */
  step(nowMs: number, availableBytes: number, gone: boolean): { back: boolean; bytes: number } | null
}

/** Measured from the lowest point after the first signal: a victim may still grow while it ends. */
export function createProof(victim: { readonly bytes: number; readonly graceMs: number }): Proof {
  const deadlineMs = clamp(victim.graceMs * GRACES, LEAST_DEADLINE_MS, MOST_DEADLINE_MS)
  let lowest = Number.POSITIVE_INFINITY
  let goneAtMs: number | null = null
  return {
    step(nowMs, availableBytes, gone) {
      lowest = Math.min(lowest, availableBytes)
      if (!gone) return null
      goneAtMs ??= nowMs
      const bytes = availableBytes - lowest
      if (bytes >= victim.bytes * BACK_SHARE) return { back: true, bytes }
      return nowMs - goneAtMs >= deadlineMs ? { back: false, bytes } : null
    }
  }
}
