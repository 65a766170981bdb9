import type { Interval } from '../../../shared/model/estimate.ts'
import { ACTIVE_STATES, type Profile, type RunnerView } from '../../../shared/model/runner.ts'
import type { Clock } from '../../platform/ports.ts'
import type { MeasuredStore } from './store.ts'
import { isLearnt, watchRun, type Moment, type RunWatch, type SeenRun } from './watch-runs.ts'

/** A change below one part in so many is not worth a write. */
const NOTICEABLE_PART = 100

interface Run {
  readonly startedAtMs: number
  readonly watch: RunWatch
  /** Null until it is known, and where it cannot be. */
  key: string | null
  formulaBytes: number | null
  /** What is in the store of it. */
  kept: SeenRun | null
}

/** Watches runs and keeps what they held. */
export interface Learning {
  /** `profile`: as it was launched. */
  observe(profile: Profile, view: RunnerView): void
}

export function createLearning(options: {
  readonly store: MeasuredStore
  readonly clock: Clock
  readonly moment: () => Pick<Moment, 'topology' | 'isGpuKnown'>
  readonly keyOf: (profile: Profile) => Promise<string | null>
  /** Null where its files do not answer: then nothing more is asked of them. */
  readonly formulaOf: (profile: Profile) => Promise<Interval | null>
}): Learning {
  const { store, clock, moment, keyOf, formulaOf } = options
  const runs = new Map<string, Run>()

  const begin = (profile: Profile, startedAtMs: number): Run => {
    const run: Run = { startedAtMs, watch: watchRun(profile.kind), key: null, formulaBytes: null, kept: null }
    runs.set(profile.id, run)
    const learn = async (): Promise<void> => {
      const formula = await formulaOf(profile)
      if (formula === null) return
      run.formulaBytes = formula.expectedBytes
      // Settings that change while it runs belong to the next one.
      run.key = await keyOf(profile)
    }
    // Without a key it is watched and forgotten.
    learn().catch(() => undefined)
    return run
  }
  const keep = (run: Run): void => {
    const seen = run.watch.seen()
    if (seen === null || run.key === null || !differs(seen, run.kept)) return
    store.add(run.key, seen, clock.nowMs(), run.kept === null)
    run.kept = seen
  }

  return {
    observe(profile, view) {
      if (!isLearnt(profile.kind)) return
      const known = runs.get(profile.id)
      const isOver = !ACTIVE_STATES.includes(view.state) || view.pids.length === 0
      if (isOver || view.startedAtMs === null) {
        if (known !== undefined) keep(known)
        runs.delete(profile.id)
        return
      }
      const isSame = known?.startedAtMs === view.startedAtMs
      if (known !== undefined && !isSame) keep(known)
      const run = isSame ? known : begin(profile, view.startedAtMs)
      run.watch.look(view, { ...moment(), formulaBytes: run.formulaBytes })
      keep(run)
    }
  }
}

function differs(seen: SeenRun, kept: SeenRun | null): boolean {
  if (kept === null) return true
  const isFar = (one: number, other: number): boolean => Math.abs(one - other) * NOTICEABLE_PART > other
  return isFar(seen.restingBytes, kept.restingBytes) || isFar(seen.peakBytes, kept.peakBytes)
}
