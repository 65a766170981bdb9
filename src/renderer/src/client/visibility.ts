import { disposable, type Disposable } from '../../../shared/util/disposable.ts'

/** Whether anybody can see the page: not while its tab is in the background or its window hidden or minimised. */
export interface Visibility {
  readonly hidden: boolean
  onChange(listener: () => void): Disposable
}

export function documentVisibility(document: Document): Visibility {
  return {
    get hidden() {
      return document.hidden
    },
    onChange(listener) {
      document.addEventListener('visibilitychange', listener)
      return disposable(() => document.removeEventListener('visibilitychange', listener))
    }
  }
}
