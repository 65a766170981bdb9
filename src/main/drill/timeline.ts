import type { GuardEvent } from '../../shared/model/guard.ts'
import type { Reading } from '../../shared/model/reading.ts'

export const DRILL_WATCH = 'drill'

/** What the guard did in one drill, as its events tell it. Times in s from the start; null: it did not happen. */
export interface Timeline {
  readonly warnedAtS: number | null
  readonly frozenAtS: number | null
  readonly stoppedAtS: number | null
  readonly goneAtS: number | null
  readonly memoryBackAtS: number | null
  readonly returnedBytes: Reading
  /** In the order of a real emergency: warned, then frozen, then stopped. */
  readonly inOrder: boolean
  /** Its processes are gone, and their memory was not back in time. */
  readonly memoryMissing: boolean
  /** In the guard's words. */
  readonly failure: string | null
  /** Who else was frozen or stopped meanwhile, and by which act. */
  readonly others: readonly string[]
}

export const EMPTY_TIMELINE: Timeline = {
  warnedAtS: null,
  frozenAtS: null,
  stoppedAtS: null,
  goneAtS: null,
  memoryBackAtS: null,
  returnedBytes: 'unknown',
  inOrder: true,
  memoryMissing: false,
  failure: null,
  others: []
}

const TOUCHES: ReadonlySet<GuardEvent['kind']> = new Set(['freeze', 'terminate', 'kill'])

/** The timeline with one event more; the first of each kind counts. Events come in the order of the acts. */
export function withEvent(line: Timeline, event: GuardEvent, drillId: string, atS: number): Timeline {
  const isOurs = event.victimId === drillId || (event.victimId === null && event.watchId === DRILL_WATCH)
  if (!isOurs) {
    if (!TOUCHES.has(event.kind)) return line
    return { ...line, others: [...line.others, event.label ?? event.victimId ?? 'a process'] }
  }
  switch (event.kind) {
    case 'warn':
      return { ...line, warnedAtS: line.warnedAtS ?? atS }
    case 'freeze':
      return {
        ...line,
        frozenAtS: line.frozenAtS ?? atS,
        inOrder: line.inOrder && line.warnedAtS !== null
      }
    case 'terminate':
    case 'kill':
      return {
        ...line,
        stoppedAtS: line.stoppedAtS ?? atS,
        inOrder: line.inOrder && line.frozenAtS !== null
      }
    case 'gone':
      return { ...line, goneAtS: line.goneAtS ?? atS }
    case 'memory-back':
      return { ...line, memoryBackAtS: line.memoryBackAtS ?? atS, returnedBytes: event.bytes }
    case 'memory-missing':
      return { ...line, memoryMissing: true, returnedBytes: event.bytes }
    case 'failed':
      return { ...line, failure: line.failure ?? event.reasons[0] ?? 'an act failed' }
    default:
      return line
  }
}

/** Nothing more is to be expected of the guard. */
export const isOver = (line: Timeline): boolean => line.memoryBackAtS !== null || line.memoryMissing

export const hasPassed = (line: Timeline): boolean =>
  line.inOrder && line.stoppedAtS !== null && line.memoryBackAtS !== null && line.others.length === 0
