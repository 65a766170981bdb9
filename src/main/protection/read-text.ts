import { readFileSync } from 'node:fs'

/** A file's text; null where there is none or it may not be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
