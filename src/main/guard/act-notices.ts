import type { GuardEvent } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { pausedSentence } from './words.ts'

/** What a user should know of one act. */
export interface ActNotice {
  readonly severity: 'info' | 'warning'
  readonly text: string
  readonly whatToDo: string | null
  /** Whom the act was about. */
  readonly victimId: string
}

/** Turns the sentinel's events into few sentences: one when it paused somebody, one when the end is proven. */
export interface ActNotices {
  /** Null for events that are told by another one or by the level itself. */
  of(event: GuardEvent): ActNotice | null
}

/** Acts remembered at once; more victims than that are not stopped in one event. */
const MOST_OPEN = 16

export function createActNotices(): ActNotices {
  /** When and why each was told to end. */
  const ending = new Map<string, { readonly monotonicMs: number; readonly why: string }>()
  return {
    of(event) {
      const { victimId } = event
      if (victimId === null || event.watchId !== 'main') return null
      const label = event.label ?? victimId
      const why = event.reasons.length > 0 ? ` Why: ${event.reasons[0]}` : ''
      const bytes = isKnown(event.bytes) ? bytesInWords(event.bytes) : null
      switch (event.kind) {
        case 'freeze':
          return {
            severity: 'warning',
            text: `${isKnown(event.bytes) ? pausedSentence(label, event.bytes) : `Paused ${label}.`}${why}`,
            whatToDo: 'Stop it, or let it go on once there is room.',
            victimId
          }
        case 'thaw':
          return { severity: 'info', text: `${label} goes on.`, whatToDo: null, victimId }
        case 'terminate':
        case 'kill': {
          if (ending.has(victimId)) return null
          ending.set(victimId, { monotonicMs: event.monotonicMs, why })
          for (const oldest of ending.keys()) if (ending.size > MOST_OPEN) ending.delete(oldest)
          return null
        }
        case 'memory-back':
        case 'memory-missing': {
          const began = ending.get(victimId)
          ending.delete(victimId)
          const seconds = began === undefined ? null : (event.monotonicMs - began.monotonicMs) / 1_000
          const time = seconds === null || seconds < 0 ? '' : ` in ${seconds.toFixed(1)} s`
          const isBack = event.kind === 'memory-back'
          const back =
            bytes === null ? '' : isBack ? ` ${bytes} came back${time}.` : ` Only ${bytes} came back${time}.`
          return {
            severity: 'warning',
            text: `Stopped ${label}.${back}${began?.why ?? ''}`,
            whatToDo: isBack
              ? null
              : 'Its memory is still held: another program took it, or the driver keeps it.',
            victimId
          }
        }
        case 'failed':
          return {
            severity: 'warning',
            text: `${label} could not be stopped.${why}`,
            whatToDo: 'Stop it by hand.',
            victimId
          }
        case 'would':
          return {
            severity: 'info',
            text: `The guard only observes. It would have stopped ${label} now.${why}`,
            whatToDo: 'Choose another mode on the Guard page if it is to act.',
            victimId
          }
        case 'shrink':
        case 'warn':
        case 'gone':
          return null
      }
    }
  }
}
