/** Reads of files of which only a few may hang: each holds one of Node's few threads for as long as its drive is silent. */
export interface FewReads<T> {
  /** What was read; null where it takes too long, or where so many hang that none is begun. One read per key at a time. */
  of(key: string, read: () => Promise<T>): Promise<T | null>
}

interface Read<T> {
  readonly key: string
  readonly read: () => Promise<T>
  readonly done: Promise<T | null>
  readonly settle: (value: Promise<T> | null) => void
  /** It has taken too long; its thread is held until it ends. */
  hangs: boolean
}

/** @param most read at once, hanging ones included; once as many hang, all others are answered null until one ends */
export function createFewReads<T>({
  most,
  hangsAfterMs
}: {
  readonly most: number
  readonly hangsAfterMs: number
}): FewReads<T> {
  const reads = new Map<string, Read<T>>()
  const waiting: Read<T>[] = []
  let running = 0
  let hanging = 0

  const begin = (one: Read<T>): void => {
    running += 1
    const timer = setTimeout(() => {
      one.hangs = true
      hanging += 1
      one.settle(null)
      if (hanging < most) return
      for (const other of waiting.splice(0)) {
        reads.delete(other.key)
        other.settle(null)
      }
    }, hangsAfterMs)
    const end = (): void => {
      clearTimeout(timer)
      reads.delete(one.key)
      running -= 1
      if (one.hangs) hanging -= 1
      const next = waiting.shift()
      if (next !== undefined) begin(next)
    }
    const work = one.read()
    work.then(end, end)
    // The first who settles it counts.
    void work.then(
      () => one.settle(work),
      () => one.settle(work)
    )
  }
  return {
    of(key, read) {
      const known = reads.get(key)
      if (known !== undefined) return known.hangs ? Promise.resolve(null) : known.done
      if (hanging >= most) return Promise.resolve(null)
      const { promise: done, resolve: settle } = Promise.withResolvers<T | null>()
      const one: Read<T> = { key, read, done, settle, hangs: false }
      reads.set(key, one)
      if (running < most) begin(one)
      else waiting.push(one)
      return done
    }
  }
}
