import { beginWriteFileAtomic, writeFileAtomic, type WriteUnderWay } from './atomic-file.ts'

/** The newest text of each file, written off the caller's path, so many times a second at most. */
export interface GatheredWrites {
  /** Takes the place of what was to be written there before; `text` is asked for when its turn has come. */
  put(path: string, text: () => string): void
  /** It is not written any more. */
  drop(path: string): void
  /** Writes now all that is not on disk, and from now on at once. */
  close(): void
}

/** @param everyMs between two rounds of writes; the first one begins at once */
export function createGatheredWrites(options: {
  readonly everyMs: number
  readonly onWritten: (path: string) => void
  readonly onFailed: (path: string, error: unknown) => void
}): GatheredWrites {
  const { everyMs, onWritten, onFailed } = options
  const waiting = new Map<string, () => string>()
  const underWay = new Map<string, { readonly text: () => string; readonly write: WriteUnderWay }>()
  let timer: NodeJS.Timeout | null = null
  let isClosed = false

  const writeNow = (path: string, text: () => string): void => {
    try {
      writeFileAtomic(path, text())
      onWritten(path)
    } catch (error) {
      onFailed(path, error)
    }
  }

  const round = (): void => {
    timer = null
    if (isClosed || waiting.size === 0) return
    // The next one begins no sooner, however fast the disk is; one that is under way is let finish.
    timer = setTimeout(round, everyMs).unref()
    for (const [path, text] of waiting) {
      if (underWay.has(path)) continue
      waiting.delete(path)
      const write = beginWriteFileAtomic(path, text())
      underWay.set(path, { text, write })
      write.done.then(
        () => {
          if (underWay.get(path)?.write !== write) return
          underWay.delete(path)
          if (!waiting.has(path)) onWritten(path)
        },
        (error: unknown) => {
          if (underWay.get(path)?.write !== write) return
          underWay.delete(path)
          onFailed(path, error)
        }
      )
    }
  }

  return {
    put(path, text) {
      if (isClosed) {
        writeNow(path, text)
        return
      }
      waiting.set(path, text)
      if (timer === null) round()
    },
    drop(path) {
      waiting.delete(path)
      underWay.get(path)?.write.cancel()
      underWay.delete(path)
    },
    close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      timer = null
      for (const [path, { text, write }] of underWay) {
        write.cancel()
        if (!waiting.has(path)) waiting.set(path, text)
      }
      underWay.clear()
      for (const [path, text] of waiting) writeNow(path, text)
      waiting.clear()
    }
  }
}
