/** Growth below this is noise of a process that only waits. */
const PROGRESS_BYTES = 1_048_576

/** How long there has been no progress. */
export interface Idle {
  /** Neither bytes in memory nor the log have grown. */
  readonly ms: number
  /** Bytes in memory have not grown, whatever the log says. */
  readonly memoryMs: number
}

/** Tells a load that goes on from one that hangs: bytes in memory or the log must have grown. */
export interface LoadWatch {
  note(nowMs: number, loadedBytes: number, logBytes: number): Idle
  /** It may not run now: what it does not do meanwhile says nothing. */
  rest(nowMs: number): void
}

export function createLoadWatch(startedMs: number): LoadWatch {
  let logAtMs = startedMs
  let memoryAtMs = startedMs
  let highestBytes = 0
  let highestLog = 0
  return {
    note(nowMs, loadedBytes, logBytes) {
      if (loadedBytes >= highestBytes + PROGRESS_BYTES) {
        memoryAtMs = nowMs
        highestBytes = loadedBytes
      }
      if (logBytes > highestLog) {
        logAtMs = nowMs
        highestLog = logBytes
      }
      return { ms: nowMs - Math.max(logAtMs, memoryAtMs), memoryMs: nowMs - memoryAtMs }
    },
    rest(nowMs) {
      logAtMs = nowMs
      memoryAtMs = nowMs
    }
  }
}
