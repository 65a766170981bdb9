import { setTimeout as wait } from 'node:timers/promises'
import { RequestFailure } from './request.ts'

/** Nothing came for so long: a connection is dead. Stores answer a first byte within seconds. */
const SILENCE_MS = 30_000
/** Between tries: a link that dropped comes back within a minute, or not soon. */
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000] as const
/** However long a server asks to be left alone, the user is told sooner. */
const LONGEST_PAUSE_MS = 120_000

/** The hub asks for patience. */
export class Throttled extends RequestFailure {
  readonly afterMs: number | null
  constructor(message: string, afterMs: number | null) {
    super(message, true)
    this.afterMs = afterMs
  }
}

/** How patient a download is. */
export interface Tries {
  readonly silenceMs: number
  /** Tries again after failures that may pass, as long as there are pauses left; one that gained bytes begins anew. */
  run<T>(signal: AbortSignal, work: () => Promise<T>, gained?: () => number): Promise<T>
}

export function createTries({
  silenceMs = SILENCE_MS,
  pausesMs = PAUSES_MS
}: {
  readonly silenceMs?: number
  readonly pausesMs?: readonly number[]
} = {}): Tries {
  return {
    silenceMs,
    async run(signal, work, gained = () => 0) {
      let used = 0
      for (;;) {
        const before = gained()
        try {
          return await work()
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof RequestFailure) || !error.canRetry) throw error
          if (gained() > before) used = 0
          const pauseMs = pausesMs[used]
          if (pauseMs === undefined) throw error
          used += 1
          const asked = error instanceof Throttled ? (error.afterMs ?? 0) : 0
          if (asked > LONGEST_PAUSE_MS) throw error
          await wait(Math.max(pauseMs, asked), undefined, { signal })
        }
      }
    }
  }
}
