import type { CheckpointFiles, CheckpointLook } from './checkpoint-files.ts'

/** Between two looks at a checkpoint's files. */
export const LOOK_EVERY_MS = 1_000
/**
 * So long must nothing have changed: a trainer writes weights, optimizer and state one after the other, and computes
 * for seconds in between where they are sharded.
 */
export const QUIET_MS = 5_000
/** A checkpoint once a day is the rarest that is useful; who waits longer has been forgotten. */
export const WAIT_LIMIT_MS = 24 * 3_600_000

/** How the wait ended. */
export type CheckpointWait =
  | { readonly kind: 'written'; readonly path: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'too-long' }

/** Waits until a checkpoint that was not there at the start is complete, or the wait is cancelled. */
export async function waitForCheckpoint(options: {
  readonly files: CheckpointFiles
  readonly monotonicMs: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  /** Paths on this machine that the log has named since the wait began, the newest last. */
  readonly named: () => readonly string[]
  /** Where checkpoints come; null where that is not known. */
  readonly folder: () => string | null
}): Promise<CheckpointWait> {
  const { files, monotonicMs, sleep, signal, named, folder } = options
  const newestIn = (path: string | null): Promise<string | null> =>
    path === null ? Promise.resolve(null) : files.newest(path)
  const startedMs = monotonicMs()
  const lookAt = (path: string | null): Promise<CheckpointLook | null> =>
    path === null ? Promise.resolve(null) : files.look(path)
  let place = folder()
  /** The one that is there already: only what is newer counts. */
  let old = await lookAt(await newestIn(place))
  let seen: { readonly path: string; readonly look: CheckpointLook; readonly sinceMs: number } | null = null
  while (!signal.aborted) {
    if (monotonicMs() - startedMs > WAIT_LIMIT_MS) return { kind: 'too-long' }
    const nowPlace = folder()
    if (place === null && nowPlace !== null) {
      place = nowPlace
      old = await lookAt(await newestIn(place))
    }
    // The first new one is kept to: a trainer may write the next before this one has rested long enough.
    const kept: CheckpointLook | null = seen === null ? null : await lookAt(seen.path)
    const told = named().at(-1)
    const path: string | null = kept !== null && seen !== null ? seen.path : (told ?? (await newestIn(place)))
    const look: CheckpointLook | null = kept ?? (await lookAt(path))
    const isOld =
      kept === null && told === undefined && look !== null && old !== null && look.newestMs <= old.newestMs
    if (path === null || look === null || look.bytes === 0 || isOld) seen = null
    else if (seen === null || seen.path !== path || !isSame(seen.look, look)) {
      seen = { path, look, sinceMs: monotonicMs() }
    } else if (monotonicMs() - seen.sinceMs >= QUIET_MS) return { kind: 'written', path }
    await sleep(LOOK_EVERY_MS, signal)
  }
  return { kind: 'cancelled' }
}

const isSame = (a: CheckpointLook, b: CheckpointLook): boolean =>
  a.files === b.files && a.bytes === b.bytes && a.newestMs === b.newestMs
