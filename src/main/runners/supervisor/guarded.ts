import type { GuardEvent } from '../../../shared/model/guard.ts'
import type { RunnerCore } from './runner-core.ts'

/** Shown in place of how its process ended: the guard's own notice says the rest. */
export const GUARD_STOPPED = 'Stopped by the guard: memory was about to run out.'

/**
 * What the guard did to a runner, as the sentinel tells it.
 *
 * Its end may be seen before the event, as another process sends it: then the words are put right, and a try again
 * that was under way is given up.
 */
export function noteGuardEvent(core: RunnerCore, kind: GuardEvent['kind']): void {
  if (kind !== 'terminate' && kind !== 'kill') return
  core.guardStopped = true
  if (core.state === 'restarting') {
    core.retry?.abort()
    core.waiting?.release()
    core.apply('fail', GUARD_STOPPED)
  } else if (core.state === 'failed' || core.state === 'lost') {
    core.text = GUARD_STOPPED
    core.publish()
  }
}
