import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import { isKnown } from '../../../shared/model/reading.ts'
import type { RunnerView } from '../../../shared/model/runner.ts'

/** One look at a loss. */
export interface LossPoint {
  readonly step: number
  readonly loss: number
}
export interface TrainingCurve {
  readonly points: readonly LossPoint[]
  readonly checkpointStop: { readonly works: boolean; readonly text: string }
}

/** Points kept, as many as the core gives; of more every second one goes. */
const MOST_POINTS = 2_000

/**
 * Loss curves of the jobs that are shown, by runner id. Read once each; what follows comes with the runner's own
 * events, so that a curve costs no asking.
 */
export interface TrainingState {
  readonly curves: ReadonlyMap<string, TrainingCurve>
  load(id: string): Promise<void>
  follow(view: RunnerView): void
}
export type TrainingStore = StoreApi<TrainingState>

/** `points` with one more; a step that goes back is a job begun anew. */
export function withPoint(points: readonly LossPoint[], point: LossPoint): readonly LossPoint[] {
  const last = points.at(-1)
  if (last?.step === point.step) return last.loss === point.loss ? points : [...points.slice(0, -1), point]
  const kept = last !== undefined && last.step > point.step ? [] : points
  const fewer = kept.length >= MOST_POINTS ? kept.filter((_, at) => at % 2 === 0) : kept
  return [...fewer, point]
}

export function createTrainingStore(client: Client): TrainingStore {
  return createStore<TrainingState>()((set) => ({
    curves: new Map(),
    async load(id) {
      const result = await client.call('runners.training', { id })
      if (result.ok) set((before) => ({ curves: new Map(before.curves).set(id, result.value) }))
    },
    follow({ id, training }) {
      if (training === null || !isKnown(training.step) || !isKnown(training.loss)) return
      const point = { step: training.step, loss: training.loss }
      set((before) => {
        const curve = before.curves.get(id)
        if (curve === undefined) return before
        const points = withPoint(curve.points, point)
        return points === curve.points
          ? before
          : { curves: new Map(before.curves).set(id, { ...curve, points }) }
      })
    }
  }))
}
