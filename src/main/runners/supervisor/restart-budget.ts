/** A server that crashed more often than this will crash again: someone must look. */
export const MAX_RESTARTS = 2
export const RESTART_WINDOW_MS = 600_000
/** Time for the driver and the port to settle; longer before the second try. */
const BACKOFF_MS = [2_000, 10_000] as const

/** Counts restarts in a sliding window. */
export interface RestartBudget {
  /** The wait before the next try, or null when the budget is used up. Taking one spends it. */
  take(nowMs: number): number | null
  reset(): void
}

export function createRestartBudget(): RestartBudget {
  let spent: readonly number[] = []
  return {
    take(nowMs) {
      spent = spent.filter((at) => nowMs - at < RESTART_WINDOW_MS)
      if (spent.length >= MAX_RESTARTS) return null
      const wait = BACKOFF_MS[Math.min(spent.length, BACKOFF_MS.length - 1)] ?? null
      spent = [...spent, nowMs]
      return wait
    },
    reset() {
      spent = []
    }
  }
}
