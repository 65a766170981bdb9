import type { LogFile } from './log-file.ts'
import type { LogPiece } from './types.ts'

/** Per message; more than this in one tick is told in the next. */
const MAX_CHUNK_BYTES = 65_536

/** Tells of new text at the end of a log, and keeps the file from growing without end. */
export interface LogFollower {
  /** null: nobody listens, and nothing is read. */
  poll(emit: ((piece: LogPiece) => void) | null): void
}

export function createLogFollower(log: LogFile): LogFollower {
  let offset = log.endOffset()
  return {
    poll(emit) {
      const end = log.endOffset()
      if (end !== offset) {
        if (emit === null) offset = end
        else {
          // A flood is not told in full: the log on disk has it, and `fromOffset` shows the gap.
          const from = Math.max(offset, end - MAX_CHUNK_BYTES)
          const piece = log.read(from, MAX_CHUNK_BYTES)
          if (piece.text !== '') emit(piece)
          offset = piece.nextOffset
        }
      }
      log.rotateIfLarge()
    }
  }
}
