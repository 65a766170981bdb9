import type { SentinelStatus } from '../../shared/model/guard.ts'
import type { ActNotice } from './act-notices.ts'

/** One that died is back within a second or so; from here on nobody guards and the user must know. */
const TOLD_AFTER_MS = 5_000

/** It is missing or back: the newer word is the one that counts. */
const KEY = 'sentinel'

/** Tells when the sentinel is missing for long, and when it is back. */
export interface AbsenceWatch {
  /** Called at each change and at each snapshot. */
  note(monotonicMs: number, status: Pick<SentinelStatus, 'state' | 'notes'>): ActNotice | null
}

export function createAbsenceWatch(): AbsenceWatch {
  let sinceMs: number | null = null
  let isTold = false
  return {
    note(monotonicMs, { state, notes }) {
      if (state === 'gone') {
        sinceMs ??= monotonicMs
        if (isTold || monotonicMs - sinceMs < TOLD_AFTER_MS) return null
        isTold = true
        return {
          severity: 'warning',
          text: `Nobody guards the memory now: the sentinel is not there.${notes[0] === undefined ? '' : ` ${notes[0]}`}`,
          whatToDo: 'It is tried again by itself. Its log is logs/sentinel.log in the data folder.',
          victimId: null,
          key: KEY
        }
      }
      if (state !== 'guarding' || sinceMs === null) {
        if (state === 'off') sinceMs = null
        return null
      }
      sinceMs = null
      isTold = false
      return {
        severity: 'info',
        text: 'The sentinel had ended and was started again; it guards the memory.',
        whatToDo: null,
        victimId: null,
        key: KEY
      }
    }
  }
}
