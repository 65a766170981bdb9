import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Visibility } from '../client/visibility.ts'
import type { AppStore } from './app.ts'
import type { FoundStore } from './found.ts'

/**
 * Between two looks for runners that were started elsewhere, in ms: one that comes up takes longer to load. Each look
 * reads the command lines of all processes, so none is taken while nobody sees the page that shows them.
 */
export const FOUND_EVERY_MS = 5_000

/** Looks at once when the Overview comes into view, then every 5 s until it leaves. */
export function createFoundWatch(app: AppStore, found: FoundStore, visibility: Visibility): Disposable {
  let timer: ReturnType<typeof setInterval> | undefined
  const follow = (): void => {
    const { page, link } = app.getState()
    const isShown = !visibility.hidden && link === 'connected' && page === 'overview'
    if (isShown === (timer !== undefined)) return
    clearInterval(timer)
    timer = undefined
    if (!isShown) return
    timer = setInterval(() => void found.getState().look(), FOUND_EVERY_MS)
    void found.getState().look()
  }
  const unfollow = app.subscribe(follow)
  const sight = visibility.onChange(follow)
  follow()
  return disposable(() => {
    clearInterval(timer)
    sight.dispose()
    unfollow()
  })
}
