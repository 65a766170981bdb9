import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Notice } from '../../../shared/model/status.ts'
import type { Visibility } from '../client/visibility.ts'
import type { AppStore } from './app.ts'

/** In view for this long, in ms, a notice that asks for nothing has been read. */
export const READ_AFTER_MS = 30_000

/** Nothing to do about it: it tells of the moment, and is in the way later. */
const isPassing = (notice: Notice): boolean => notice.severity === 'info' && notice.whatToDo === null

/** Notices that ask for nothing go by themselves: once they have been read, or are no longer true. */
export interface PassingNotices extends Disposable {
  /** The model of that name does something else now than when a notice named it. */
  modelChanged(label: string): void
}

export function createPassingNotices(app: AppStore, visibility: Visibility): PassingNotices {
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const passing = (): readonly Notice[] => app.getState().notices.filter(isPassing)
  const forget = (id: string): void => {
    clearTimeout(timers.get(id))
    timers.delete(id)
  }
  const follow = (): void => {
    const shown = visibility.hidden ? [] : passing()
    const ids = new Set(shown.map((notice) => notice.id))
    for (const id of timers.keys()) if (!ids.has(id)) forget(id)
    for (const id of ids) {
      if (timers.has(id)) continue
      timers.set(
        id,
        setTimeout(() => void app.getState().dismiss(id), READ_AFTER_MS)
      )
    }
  }
  const unfollow = app.subscribe((now, before) => {
    if (now.notices !== before.notices) follow()
  })
  const sight = visibility.onChange(follow)
  return {
    modelChanged(label) {
      for (const { id, text } of passing()) {
        if (text.startsWith(`${label} `)) void app.getState().dismiss(id)
      }
    },
    ...disposable(() => {
      unfollow()
      sight.dispose()
      for (const id of timers.keys()) forget(id)
    })
  }
}
