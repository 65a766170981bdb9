/** Growth below this is noise of a process that only waits. */
const PROGRESS_BYTES = 1_048_576

/** Tells a load that goes on from one that hangs: bytes in memory or the log must have grown. */
export interface LoadWatch {
  /** Returns how long there has been no progress, in ms. */
  note(nowMs: number, loadedBytes: number, logBytes: number): number
}

export function createLoadWatch(startedMs: number): LoadWatch {
  let progressAtMs = startedMs
  let highestBytes = 0
  let highestLog = 0
  return {
    note(nowMs, loadedBytes, logBytes) {
      if (loadedBytes >= highestBytes + PROGRESS_BYTES || logBytes > highestLog) {
        progressAtMs = nowMs
        highestBytes = Math.max(highestBytes, loadedBytes)
        highestLog = Math.max(highestLog, logBytes)
      }
      return nowMs - progressAtMs
    }
  }
}
