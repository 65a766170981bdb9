import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Visibility } from '../client/visibility.ts'
import type { AppStore } from './app.ts'
import type { RunnersStore } from './runners.ts'

/** Between two looks at the disk while what is on it is in view, in ms: a file copied there is soon in the list. */
export const LOOK_EVERY_MS = 10_000

/**
 * Looks for model files and programs again while somebody sees a page that lists them: at once when it comes into
 * view, then every 10 s. The core tells of runners by itself, but of no file that comes or goes.
 */
export function createModelWatch(app: AppStore, runners: RunnersStore, visibility: Visibility): Disposable {
  let timer: ReturnType<typeof setInterval> | undefined
  const isShown = (): boolean => {
    const { page, link } = app.getState()
    if (visibility.hidden || link !== 'connected') return false
    // The Overview lists files only while nothing is set up.
    return page !== 'overview' || runners.getState().runners.length === 0
  }
  const follow = (lookNow: boolean): void => {
    if (!isShown()) {
      clearInterval(timer)
      timer = undefined
      return
    }
    if (timer !== undefined && !lookNow) return
    clearInterval(timer)
    timer = setInterval(() => void runners.getState().look(), LOOK_EVERY_MS)
    if (lookNow) void runners.getState().look()
  }
  const parts = [
    app.subscribe((now, before) => {
      if (now.page !== before.page) follow(true)
      // Everything is asked for anew by itself when a connection is back.
      else if (now.link !== before.link) follow(false)
    }),
    runners.subscribe((now, before) => {
      if ((now.runners.length === 0) !== (before.runners.length === 0)) follow(false)
    })
  ]
  const sight = visibility.onChange(() => follow(true))
  follow(false)
  return disposable(() => {
    clearInterval(timer)
    sight.dispose()
    for (const unfollow of parts) unfollow()
  })
}
