import type { RunnerState } from '../../../shared/model/runner.ts'

/** What can happen to a runner. */
export const RUNNER_EVENTS = [
  /** A user's start that waits for its turn or for memory. */
  'wait',
  /** A user's start: processes are about to be made. */
  'launch',
  /** Its process was seen. */
  'alive',
  /** It answered that it is ready. */
  'ready',
  /** Ending it begins, by wish or because it never became ready. */
  'stop',
  /** Ended as wished. */
  'ended',
  /** Ended or never came up, and will not be tried again by itself. */
  'fail',
  /** Crashed, and will be tried again within its budget. */
  'retry',
  /** The try again begins. */
  'relaunch',
  /** Left running by an earlier core, and found alive; whether it is ready is asked next. */
  'found',
  /** Left running by an earlier core, and found gone. */
  'found-gone'
] as const
export type RunnerEvent = (typeof RUNNER_EVENTS)[number]

const TRANSITIONS: Readonly<Record<RunnerState, Readonly<Partial<Record<RunnerEvent, RunnerState>>>>> = {
  stopped: {
    wait: 'waiting',
    launch: 'starting',
    found: 'loading',
    'found-gone': 'lost'
  },
  waiting: { launch: 'starting', ended: 'stopped', fail: 'failed' },
  starting: { alive: 'loading', ready: 'ready', stop: 'stopping', fail: 'failed' },
  loading: { ready: 'ready', stop: 'stopping', fail: 'failed' },
  ready: { stop: 'stopping', fail: 'failed', retry: 'restarting' },
  // 'fail': processes that could not be ended, or an end that was no wish.
  stopping: { ended: 'stopped', fail: 'failed' },
  // Stopped once more where processes of it could not be ended.
  failed: { wait: 'waiting', launch: 'starting', stop: 'stopping' },
  restarting: { relaunch: 'starting', stop: 'stopping', fail: 'failed' },
  lost: { wait: 'waiting', launch: 'starting', stop: 'stopping' }
}

/** The next state, or null where the event makes no sense in this state and must change nothing. */
export function nextState(state: RunnerState, event: RunnerEvent): RunnerState | null {
  return TRANSITIONS[state][event] ?? null
}
