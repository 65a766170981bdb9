import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { writeFileAtomic } from './atomic-file.ts'
import { createGatheredWrites } from './gathered-writes.ts'
import type { Logger } from './ports.ts'

const ENDING = '.json'

interface Dated {
  readonly id: string
  readonly atMs: number
}

/** Dated records on disk, one file each: `Row` is what a list shows and is kept in memory, `Full` is on disk. */
export interface RecordFolder<Full extends Dated, Row extends Dated> {
  /** Newest first. */
  list(): readonly Row[]
  /** null: there is none of this id, or its file has gone. */
  read(id: string): Full | null
  /** New, or in place of the one with this id. What the disk refuses is logged and kept in memory. */
  save(record: Full): void
  /** Writes what waits to be written; from now on each is written at once. */
  close(): void
}

/**
 * Opens a folder of records; it is read at the first use, so that a start does not wait for it.
 *
 * A file that cannot be understood is renamed to *.broken-<n>, kept, and told once; the oldest beyond `keep` go.
 */
export function openRecordFolder<Full extends Dated, Row extends Dated>(options: {
  readonly folder: string
  /** Of what, for messages: 'incident'. */
  readonly what: string
  readonly keep: number
  /** null: it is none. */
  readonly parse: (value: unknown) => Full | null
  readonly rowOf: (record: Full) => Row
  /** Written beside the caller, with this many ms between two writes of one record; without it, at once. */
  readonly gatherMs?: number
  readonly logger: Logger
}): RecordFolder<Full, Row> {
  const { folder, what, keep, parse, rowOf, logger } = options
  let rows: Map<string, Row> | null = null
  const unsaved = new Map<string, Full>()
  const pathOf = (id: string): string => join(folder, `${id}${ENDING}`)
  const textOf = (record: Full): string => `${JSON.stringify(record)}\n`
  const couldNot = (id: string, error: unknown): void =>
    logger.error(`the ${what} ${id} could not be written to ${folder}`, error)
  const later =
    options.gatherMs === undefined
      ? null
      : createGatheredWrites({
          everyMs: options.gatherMs,
          onWritten: (path) => unsaved.delete(basename(path, ENDING)),
          onFailed: (path, error) => couldNot(basename(path, ENDING), error)
        })

  const load = (path: string): Full | string => {
    try {
      const record = parse(JSON.parse(readFileSync(path, 'utf8')))
      if (record === null) return `it is no ${what}`
      return record.id === basename(path, ENDING) ? record : `its name is not that of the ${what} in it`
    } catch (error) {
      return reasonOf(error)
    }
  }

  const known = (): Map<string, Row> => {
    if (rows !== null) return rows
    rows = new Map()
    const broken: string[] = []
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      const loaded = load(path)
      if (typeof loaded !== 'string') rows.set(loaded.id, rowOf(loaded))
      else broken.push(`${name} (${loaded}; ${putAside(path)})`)
    }
    if (broken.length > 0) logger.warn(`could not be understood in ${folder}: ${broken.join(', ')}`)
    return rows
  }

  const newestFirst = (): readonly Row[] => [...known().values()].sort((a, b) => b.atMs - a.atMs)

  const forgetOldest = (): void => {
    for (const { id } of newestFirst().slice(keep)) {
      known().delete(id)
      unsaved.delete(id)
      later?.drop(pathOf(id))
      try {
        rmSync(pathOf(id), { force: true })
      } catch (error) {
        logger.warn(`an old ${what} could not be removed: ${reasonOf(error)}`)
      }
    }
  }

  return {
    list: newestFirst,
    read(id) {
      // Only what is listed: an id from outside never becomes a path.
      if (!known().has(id)) return null
      const kept = unsaved.get(id)
      if (kept !== undefined) return kept
      const loaded = load(pathOf(id))
      return typeof loaded === 'string' ? null : loaded
    },
    save(record) {
      known().set(record.id, rowOf(record))
      unsaved.set(record.id, record)
      if (later !== null) later.put(pathOf(record.id), () => textOf(record))
      else {
        try {
          writeFileAtomic(pathOf(record.id), textOf(record))
          unsaved.delete(record.id)
        } catch (error) {
          couldNot(record.id, error)
        }
      }
      forgetOldest()
    },
    close: () => later?.close()
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(ENDING))
  } catch {
    // No folder yet; one that cannot be read is told of when something is to be written.
    return []
  }
}

/** What became of it, in words. */
function putAside(path: string): string {
  let number = 1
  while (existsSync(`${path}.broken-${number}`)) number += 1
  try {
    renameSync(path, `${path}.broken-${number}`)
    return `kept as *.broken-${number}`
  } catch (error) {
    return `left where it is: ${reasonOf(error)}`
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
