import { readFileSync, renameSync, statSync } from 'node:fs'
import { z } from 'zod'
import type { Logger } from '../../platform/ports.ts'
import { createGatheredWrites } from '../../platform/gathered-writes.ts'

const VERSION = 1
/** Each is 150 bytes; the longest unused go. */
const MOST_ENTRIES = 500
/** A file of so many entries is 100 kB; a larger one is not ours. */
const MOST_FILE_BYTES = 1_000_000
/** A peak that was an accident is forgotten after so many more runs. */
const PEAK_RUNS = 5
/** Runs end seldom. */
const WRITE_EVERY_MS = 2_000

const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER)
const entrySchema = z.object({
  key: z.string().regex(/^[0-9a-f]{32}$/),
  /** Held when ready and idle, in the last run. */
  restingBytes: bytes,
  /** The most held in any of the last runs. */
  peakBytes: bytes,
  /** The most held in each of these runs, the newest last; files of earlier versions have none. */
  peaks: z.array(bytes).max(PEAK_RUNS).default([]),
  runs: z.int().min(1),
  lastAtMs: z.number()
})
const fileSchema = z.object({ version: z.literal(VERSION), entries: z.array(entrySchema) })

type Entry = Readonly<z.output<typeof entrySchema>>
export type MeasuredRun = Omit<Entry, 'peaks'>

/** What runs of this machine were seen to take. */
export interface MeasuredStore {
  get(key: string): MeasuredRun | null
  /** The resting size is the newest run's, the peak the highest of the last; `isNewRun`: nothing of this run is in yet. */
  add(
    key: string,
    seen: { readonly restingBytes: number; readonly peakBytes: number },
    atMs: number,
    isNewRun: boolean
  ): void
  /** Writes what waits to be written. */
  close(): void
}

/** Whose the file is: the core's own, or one that somebody only looks into. */
export type StoreAccess = 'own' | 'look'

/** Read at the first use; of one's own, a file that cannot be understood is renamed to *.broken and kept. */
export function openMeasured(path: string, logger: Logger, access: StoreAccess): MeasuredStore {
  let loaded: Map<string, Entry> | null = null
  const entries = (): Map<string, Entry> => (loaded ??= load(path, logger, access))
  const writes = createGatheredWrites({
    everyMs: WRITE_EVERY_MS,
    onWritten: () => undefined,
    onFailed: (_, error) => logger.error(`what was measured could not be written to ${path}`, error)
  })
  return {
    get: (key) => entries().get(key) ?? null,
    add(key, { restingBytes, peakBytes }, atMs, isNewRun) {
      const known = entries()
      const before = known.get(key)
      const earlier = before === undefined || before.peaks.length > 0 ? before?.peaks : [before.peakBytes]
      const others = (earlier ?? []).slice(0, isNewRun ? undefined : -1)
      const peaks = [...others, Math.max(restingBytes, peakBytes)].slice(-PEAK_RUNS)
      // At the end of the map is what was used last.
      known.delete(key)
      known.set(key, {
        key,
        restingBytes,
        peakBytes: Math.max(...peaks),
        peaks,
        runs: Math.max(1, (before?.runs ?? 0) + (isNewRun ? 1 : 0)),
        lastAtMs: atMs
      })
      for (const oldest of known.keys()) {
        if (known.size <= MOST_ENTRIES) break
        known.delete(oldest)
      }
      writes.put(path, () => `${JSON.stringify({ version: VERSION, entries: [...known.values()] })}\n`)
    },
    close: () => writes.close()
  }
}

function load(path: string, logger: Logger, access: StoreAccess): Map<string, Entry> {
  let text: string | null
  try {
    text = statSync(path).size > MOST_FILE_BYTES ? null : readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn(`what was measured could not be read from ${path}: ${reasonOf(error)}`)
    }
    return new Map()
  }
  try {
    if (text === null) throw new Error('it is too long')
    const { entries } = fileSchema.parse(JSON.parse(text))
    return new Map(entries.slice(-MOST_ENTRIES).map((entry) => [entry.key, entry]))
  } catch (error) {
    const done = access === 'own' ? putAside(path) : `${path} is left as it is`
    logger.warn(`what was measured could not be understood (${firstLine(reasonOf(error))}); ${done}`)
    return new Map()
  }
}

/** What became of it, in words. */
function putAside(path: string): string {
  const aside = `${path}.broken`
  try {
    renameSync(path, aside)
    return `it is kept as ${aside}, and measuring begins anew`
  } catch (error) {
    return `it could not be put aside (${reasonOf(error)})`
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const firstLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 200)
