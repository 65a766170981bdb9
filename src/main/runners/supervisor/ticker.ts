import { disposable, type Disposable } from '../../../shared/util/disposable.ts'

/** While something loads or stops: progress should look alive, and memory moves fast. */
const BUSY_INTERVAL_MS = 250
/** While runners only serve: enough to see an end that no event tells, at the cost of one look a second. */
const CALM_INTERVAL_MS = 1_000

export type Pace = 'none' | 'calm' | 'busy'

/** Calls `tick` as often as `pace` asks for, and not at all while it says 'none'. */
export interface Ticker extends Disposable {
  /** The pace may have changed. */
  wake(): void
}

export function createTicker(pace: () => Pace, tick: () => void): Ticker {
  let timer: NodeJS.Timeout | null = null
  let scheduled: Pace = 'none'
  let isOpen = true
  const schedule = (): void => {
    const wanted = isOpen ? pace() : 'none'
    if (wanted === scheduled) return
    if (timer !== null) clearTimeout(timer)
    timer = null
    scheduled = wanted
    if (wanted === 'none') return
    timer = setTimeout(
      () => {
        timer = null
        scheduled = 'none'
        tick()
        schedule()
      },
      wanted === 'busy' ? BUSY_INTERVAL_MS : CALM_INTERVAL_MS
    )
  }
  return {
    wake: schedule,
    ...disposable(() => {
      isOpen = false
      schedule()
    })
  }
}
