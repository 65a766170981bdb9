import { ACTIVE_STATES, type RunnerState, type RunnerView } from '../../../shared/model/runner.ts'

interface Seen {
  readonly state: RunnerState
  readonly isLaunched: boolean
}

/**
 * Tells runs that were launched here from those that were found running: an earlier core's, and somebody else's. Of
 * found ones nobody knows with which settings they were launched.
 */
export interface Launches {
  /** To be called at every change of its state. */
  note(view: Pick<RunnerView, 'id' | 'state'>): void
  /** Of its last run. */
  isLaunched(id: string): boolean
}

export function createLaunches(): Launches {
  const seen = new Map<string, Seen>()
  return {
    note({ id, state }) {
      const before = seen.get(id)
      const begins = ACTIVE_STATES.includes(state) && !ACTIVE_STATES.includes(before?.state ?? 'stopped')
      // Found ones are never in this state: they begin with asking whether they are ready.
      const isLaunched = state === 'starting' || (!begins && before?.isLaunched === true)
      seen.set(id, { state, isLaunched })
    },
    isLaunched: (id) => seen.get(id)?.isLaunched === true
  }
}
