import { readFileSync, renameSync } from 'node:fs'
import { z } from 'zod'
import type { Logger } from '../../platform/ports.ts'
import { createGatheredWrites } from '../../platform/gathered-writes.ts'

const VERSION = 1
/** Each is 150 bytes; the longest unused go. */
const MOST_ENTRIES = 500
/** A file of so many entries is 100 kB; a larger one is not ours. */
const MOST_FILE_CHARACTERS = 1_000_000
/** Runs end seldom. */
const WRITE_EVERY_MS = 2_000

const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER)
const entrySchema = z.object({
  key: z.string().regex(/^[0-9a-f]{32}$/),
  /** Held when ready and idle, in the last run. */
  restingBytes: bytes,
  /** The most ever held, in any run. */
  peakBytes: bytes,
  runs: z.int().min(1),
  lastAtMs: z.number()
})
const fileSchema = z.object({ version: z.literal(VERSION), entries: z.array(entrySchema) })

export type MeasuredRun = Readonly<z.output<typeof entrySchema>>

/** What runs of this machine were seen to take. */
export interface MeasuredStore {
  get(key: string): MeasuredRun | null
  /** The resting size is the newest run's, the peak the highest of all; `isNewRun`: nothing of this run is in yet. */
  add(
    key: string,
    seen: { readonly restingBytes: number; readonly peakBytes: number },
    atMs: number,
    isNewRun: boolean
  ): void
  /** Writes what waits to be written. */
  close(): void
}

/** Read at the first use; a file that cannot be understood is renamed to *.broken and kept. */
export function openMeasured(path: string, logger: Logger): MeasuredStore {
  let loaded: Map<string, MeasuredRun> | null = null
  const entries = (): Map<string, MeasuredRun> => (loaded ??= load(path, logger))
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
      // At the end of the map is what was used last.
      known.delete(key)
      known.set(key, {
        key,
        restingBytes,
        peakBytes: Math.max(restingBytes, peakBytes, before?.peakBytes ?? 0),
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

function load(path: string, logger: Logger): Map<string, MeasuredRun> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn(`what was measured could not be read from ${path}: ${reasonOf(error)}`)
    }
    return new Map()
  }
  try {
    if (text.length > MOST_FILE_CHARACTERS) throw new Error('it is too long')
    const { entries } = fileSchema.parse(JSON.parse(text))
    return new Map(entries.slice(-MOST_ENTRIES).map((entry) => [entry.key, entry]))
  } catch (error) {
    logger.warn(
      `what was measured could not be understood (${firstLine(reasonOf(error))}); ${putAside(path)}`
    )
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
