import { totalOf } from '../../../shared/domain/estimator/total.ts'
import {
  ESTIMATE_PARTS,
  type Estimate,
  type EstimatePart,
  type EstimatePartId
} from '../../../shared/model/estimate.ts'
import type { Plan, PlanRow } from './parse-plan.ts'

const MIB = 1024 ** 2
const WHY = "By llama.cpp's own planner, of the build that would be started."
const AGREES = "llama.cpp's own planner says the same."
const LABELS = {
  'weights-device': 'Weights on the GPU',
  'weights-host': 'Weights in main memory',
  kv: 'KV cache',
  'compute-device': 'Compute buffer on the GPU',
  'compute-host': 'Compute buffer in main memory'
} as const satisfies Partial<Record<EstimatePartId, string>>
/** Weights are known to the byte; a plan of less than this share of them has left some out. */
const LEAST_SHARE_OF_WEIGHTS = 0.99

/**
 * The formula's estimate with the planner's figures in place of its own, wherever both speak of the same.
 *
 * @param stepLogitsBytes what logits of a whole step take at most: the planner makes room for them, a server only for
 *   those of its slots, so that within it the formula is the better one
 */
export function applyPlan(formula: Estimate, plan: Plan, stepLogitsBytes: number): Estimate {
  const rows = [...plan.devices, plan.host]
  const sum = (of: (row: PlanRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
  // Each figure is rounded down to whole MiB.
  const roundingBytes = rows.length * MIB
  const known = new Map(formula.parts.map((part) => [part.id, part]))
  const next = new Map(known)
  const notes = [`${formulaless(plan)} by llama.cpp's own planner.`, ...formula.notes]
  const set = (id: keyof typeof LABELS, bytes: number, rounding: number): void => {
    const before = known.get(id)
    if (bytes === 0 && (rounding === 0 || before === undefined)) {
      next.delete(id)
      return
    }
    // Where both agree, the formula has the exact bytes.
    if (before !== undefined && agrees(before.expectedBytes, bytes, rounding)) {
      next.set(id, exactly(before))
      return
    }
    next.set(id, {
      id,
      label: before?.label ?? LABELS[id],
      lowBytes: bytes,
      expectedBytes: bytes + rounding / 2,
      peakBytes: bytes + rounding,
      why: WHY
    })
  }

  const weights = bytesOf(known, 'weights-device') + bytesOf(known, 'weights-host')
  const planned = sum((row) => row.modelBytes)
  if (planned + roundingBytes >= weights * LEAST_SHARE_OF_WEIGHTS) {
    set('weights-device', planned - plan.host.modelBytes, plan.devices.length * MIB)
    set('weights-host', plan.host.modelBytes, MIB)
  } else notes.push('The planner left out weights, so those are taken from the file.')

  const context = sum((row) => row.contextBytes)
  const recurrent = known.get('recurrent')
  const recurrentBytes = recurrent?.expectedBytes ?? 0
  if (agrees(bytesOf(known, 'kv') + recurrentBytes, context, roundingBytes)) {
    for (const id of ['kv', 'recurrent'] as const) {
      const part = known.get(id)
      if (part !== undefined) next.set(id, exactly(part))
    }
  } else {
    set('kv', Math.max(0, context - recurrentBytes), roundingBytes)
    if (recurrent !== undefined && recurrentBytes > context) next.delete('recurrent')
  }

  const scratch = sum((row) => row.computeBytes)
  const computed = bytesOf(known, 'compute-device') + bytesOf(known, 'compute-host')
  const isOfLogits = scratch > computed && scratch <= stepLogitsBytes
  if (isOfLogits && formula.confidence === 'good') {
    notes.push('The planner plans scratch for more outputs than a server has, so scratch is by formula.')
  } else {
    set('compute-device', scratch - plan.host.computeBytes, plan.devices.length * MIB)
    set('compute-host', plan.host.computeBytes, MIB)
  }

  const order = (part: EstimatePart): number => ESTIMATE_PARTS.indexOf(part.id)
  const parts = [...next.values()].toSorted((one, other) => order(one) - order(other))
  return {
    ...formula,
    parts,
    total: totalOf(parts),
    source: 'planner',
    // What the formulas guess of an unknown architecture is what the planner knows.
    confidence: 'good',
    notes
  }
}

const exactly = (part: EstimatePart): EstimatePart => ({
  ...part,
  lowBytes: part.expectedBytes,
  peakBytes: part.expectedBytes,
  why: `${part.why} ${AGREES}`
})
const bytesOf = (parts: ReadonlyMap<EstimatePartId, EstimatePart>, id: EstimatePartId): number =>
  parts.get(id)?.expectedBytes ?? 0
/** `rounded` lost up to `rounding` bytes. */
const agrees = (exact: number, rounded: number, rounding: number): boolean =>
  exact >= rounded && exact <= rounded + rounding

const formulaless = ({ devices }: Plan): string =>
  devices.length === 0 ? 'Weights, cache and buffers' : 'Weights, cache and buffers of GPU and main memory'
