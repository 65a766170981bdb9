import type { Notice } from '../../shared/model/status.ts'
import { plainText } from '../../shared/util/plain-text.ts'
import type { Clock } from '../platform/ports.ts'

/** Nobody reads more; older ones are dropped. Acts of the guard are kept as incidents. */
const MOST_NOTICES = 20

/** What else is known of a notice. */
export interface NoticeMore {
  readonly runnerId?: string | undefined
  readonly incidentId?: string | undefined
  /** What it tells of: a newer one with the same key takes the place of the older. */
  readonly key?: string | undefined
}

/** What the user should know and may dismiss; kept in memory until dismissed. */
export interface Notices {
  /** One that takes an older one's place has its id, so that clients replace it too. */
  add(severity: Notice['severity'], text: string, whatToDo: string | null, more?: NoticeMore): Notice
  list(): readonly Notice[]
  dismiss(id: string): void
  /** What that key tells of is over. */
  over(key: string): void
}

/** One for each runner: what is told of its launch. */
export const launchKey = (runnerId: string): string => `launch:${runnerId}`

export function createNotices(clock: Clock): Notices {
  let kept: readonly { readonly notice: Notice; readonly key: string | undefined }[] = []
  let serial = 0
  return {
    add(severity, text, whatToDo, { runnerId, incidentId, key } = {}) {
      const older = key === undefined ? undefined : kept.find((one) => one.key === key)
      serial += 1
      const notice: Notice = {
        id: older?.notice.id ?? `n${serial}`,
        atMs: clock.nowMs(),
        severity,
        text: plainText(text),
        whatToDo: whatToDo === null ? null : plainText(whatToDo),
        ...(runnerId === undefined ? {} : { runnerId }),
        ...(incidentId === undefined ? {} : { incidentId })
      }
      kept = [...kept.filter((one) => one !== older), { notice, key }].slice(-MOST_NOTICES)
      return notice
    },
    list: () => kept.map(({ notice }) => notice),
    dismiss(id) {
      kept = kept.filter(({ notice }) => notice.id !== id)
    },
    over(key) {
      kept = kept.filter((one) => one.key !== key)
    }
  }
}
