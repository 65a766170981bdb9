import type { LogFile } from './log-file.ts'
import type { LogPiece } from './types.ts'

/** Per message; more than this in one tick is told in the next. */
const MAX_CHUNK_BYTES = 65_536

/** Tells of new text at the end of a log, and keeps the file from growing without end. */
export interface LogFollower {
  /** null: nobody listens, and nothing is read. */
  poll(emit: ((piece: LogPiece) => void) | null): void
}

export interface LogTrouble {
  readonly text: string
  readonly whatToDo: string
}

/** `onTrouble` hears of each kind of trouble once until it is over. */
export function createLogFollower(log: LogFile, onTrouble: (trouble: LogTrouble) => void): LogFollower {
  let offset = log.endOffset()
  let isRotationTold = false
  let isRemovalTold = false

  const look = (): void => {
    const problem = log.rotateIfLarge()
    if (problem !== null && !isRotationTold) {
      isRotationTold = true
      onTrouble({
        text: `The log ${log.path} had grown too large, and its old text could not be kept (${problem}).`,
        whatToDo: 'Free some space on that disk. The log goes on.'
      })
    }
    const isRemoved = log.isRemoved()
    if (isRemoved && !isRemovalTold) {
      onTrouble({
        text: `The log ${log.path} was removed while its model runs; what it says is lost until it is started again.`,
        whatToDo: 'Stop and start the model to have a log again.'
      })
    }
    isRemovalTold = isRemoved
  }

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
      look()
    }
  }
}
