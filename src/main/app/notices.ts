import type { Notice } from '../../shared/model/status.ts'
import type { Clock } from '../platform/ports.ts'

/** Enough for a bad day; older ones are dropped, they are in the host's stderr too. */
const MOST_NOTICES = 50

/** What the user should know and may dismiss; kept in memory until dismissed. */
export interface Notices {
  add(severity: Notice['severity'], text: string, whatToDo: string | null, runnerId?: string): Notice
  list(): readonly Notice[]
  dismiss(id: string): void
}

export function createNotices(clock: Clock): Notices {
  let notices: readonly Notice[] = []
  let serial = 0
  return {
    add(severity, text, whatToDo, runnerId) {
      serial += 1
      const notice: Notice = {
        id: `n${serial}`,
        atMs: clock.nowMs(),
        severity,
        text,
        whatToDo,
        ...(runnerId === undefined ? {} : { runnerId })
      }
      notices = [...notices, notice].slice(-MOST_NOTICES)
      return notice
    },
    list: () => notices,
    dismiss(id) {
      notices = notices.filter((notice) => notice.id !== id)
    }
  }
}
