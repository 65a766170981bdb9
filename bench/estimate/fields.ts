import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fieldOf } from './rows.ts'

export const MIB = 2 ** 20

/** More than any file of rows has. */
const MOST_BYTES = 256 * MIB

/** Rows of one file in a folder; null where the file is not there. A line that is no JSON counts as a row without fields. */
export function readRows(folder: string, file: string): readonly unknown[] | null {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`no folder: ${folder}`)
  const path = join(folder, file)
  const bytes = statSync(path, { throwIfNoEntry: false })?.size
  if (bytes === undefined) return null
  if (bytes > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`)
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => {
      try {
        return JSON.parse(line)
      } catch {
        return null
      }
    })
}

/** A number, 0 as well; null: missing. */
export function numberIn(row: unknown, key: string): number | null {
  const value = fieldOf(row, key)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** Sizes by name, in MiB; null: missing or not that. */
export function sizesIn(row: unknown, key: string): ReadonlyMap<string, number> | null {
  const value = fieldOf(row, key)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const sizes = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number'
  )
  return sizes.length === 0 ? null : new Map(sizes)
}

/** Yes or no, also as the log's own word; null: missing. */
export function flagIn(row: unknown, key: string): boolean | null {
  const value = fieldOf(row, key)
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return null
  if (/^(1|on|true|enabled|.*->enabled)$/.test(value)) return true
  return /^(0|off|false|disabled|.*->disabled)$/.test(value) ? false : null
}
