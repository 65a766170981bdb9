import { disposable, type Disposable } from '../../../shared/util/disposable.ts'

/** Without a tick for this long the numbers are called old: the core ticks once a second at least, in ms. */
export const SILENT_AFTER_MS = 6_000

/** While ticks do not come the core is asked this often, in ms: a core restarts in about a second. */
export const ASK_AGAIN_MS = 3_000

interface TickWatchParts {
  /** Ticks have stopped, or have come back. */
  onChange(silent: boolean): void
  /** Called again and again while ticks do not come. */
  ask(): void
}

/** Notices that ticks have stopped. While it is paused none are expected, so their absence means nothing. */
export interface TickWatch extends Disposable {
  readonly silent: boolean
  ticked(): void
  pause(): void
  /** Goes on as before the pause; `anew` forgets a silence, after which a tick has its whole time to come. */
  resume(anew?: 'anew'): void
}

export function createTickWatch({ onChange, ask }: TickWatchParts): TickWatch {
  let silent = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const become = (next: boolean): void => {
    if (silent === next) return
    silent = next
    onChange(next)
  }
  const askNow = (): void => {
    timer = setTimeout(askNow, ASK_AGAIN_MS)
    ask()
  }
  const arm = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      become(true)
      askNow()
    }, SILENT_AFTER_MS)
  }
  const pause = (): void => clearTimeout(timer)
  return {
    get silent() {
      return silent
    },
    ticked() {
      become(false)
      arm()
    },
    pause,
    resume(anew) {
      clearTimeout(timer)
      if (anew !== undefined) become(false)
      if (silent) askNow()
      else arm()
    },
    ...disposable(pause)
  }
}
