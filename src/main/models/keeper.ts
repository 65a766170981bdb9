/** All values together, as JSON: for files that say much more than real ones do. */
const MOST_LENGTH = 16_777_216

/** What was read of files, as long as they are unchanged. */
export interface Keeper<T> {
  /** Undefined: nothing is known of the file in this state. */
  get(path: string, key: string): T | undefined
  put(path: string, key: string, value: T): void
}

/** Keeps `most` values, and no more than so much of them together; the one unused for longest goes first. */
export function createKeeper<T>(most: number, mostLength = MOST_LENGTH): Keeper<T> {
  const kept = new Map<string, { readonly key: string; readonly value: T; readonly length: number }>()
  let total = 0
  const drop = (path: string): void => {
    total -= kept.get(path)?.length ?? 0
    kept.delete(path)
  }
  return {
    get(path, key) {
      const found = kept.get(path)
      if (found === undefined) return undefined
      if (found.key !== key) {
        drop(path)
        return undefined
      }
      // To the end of the row, where those wait that were used last.
      kept.delete(path)
      kept.set(path, found)
      return found.value
    },
    put(path, key, value) {
      drop(path)
      const length = path.length + JSON.stringify(value).length
      kept.set(path, { key, value, length })
      total += length
      for (const oldest of kept.keys()) {
        if (kept.size <= most && total <= mostLength) break
        drop(oldest)
      }
    }
  }
}
