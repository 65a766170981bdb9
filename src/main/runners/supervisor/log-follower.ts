import type { LogFile } from './log-file.ts'

/** Per message; more than this in one tick is told in the next. */
const MAX_CHUNK_BYTES = 65_536

/** Tells of new text at the end of a log, and keeps the file from growing without end. */
export interface LogFollower {
  poll(emit: ((text: string, nextOffset: number) => void) | null): void
}

export function createLogFollower(log: LogFile): LogFollower {
  let offset = log.endOffset()
  return {
    poll(emit) {
      const end = log.endOffset()
      if (end !== offset) {
        if (emit === null) offset = end
        else {
          // A flood is not told in full: the log on disk has it.
          const from = Math.max(offset, end - MAX_CHUNK_BYTES)
          const { text, nextOffset } = log.read(from, MAX_CHUNK_BYTES)
          if (text !== '') emit(text, nextOffset)
          offset = nextOffset
        }
      }
      log.rotateIfLarge()
    }
  }
}
