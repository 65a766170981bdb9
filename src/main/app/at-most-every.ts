import type { Disposable } from '../../shared/util/disposable.ts'

/** Calls `act` soon after each `ask`, but at most once in `everyMs`: the first at once, the last one never lost. */
export interface Paced extends Disposable {
  ask(): void
}

export function atMostEvery(everyMs: number, act: () => void): Paced {
  let timer: NodeJS.Timeout | null = null
  let isAsked = false
  const run = (): void => {
    isAsked = false
    timer = setTimeout(() => {
      timer = null
      if (isAsked) run()
    }, everyMs)
    act()
  }
  return {
    ask() {
      if (timer === null) run()
      else isAsked = true
    },
    dispose() {
      if (timer !== null) clearTimeout(timer)
      // Whoever asks after the end is not heard.
      timer = null
      isAsked = false
      act = () => undefined
    }
  }
}
