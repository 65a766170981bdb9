import { aboveMostThreshold, mostThresholdBytes } from '../../../shared/domain/guard/thresholds.ts'
import { GIB, bytesWords } from './bytes.ts'

/** Typed GiB as bytes: null for an empty field (automatic), 'bad' for what is no number of GiB. */
export function parseGib(text: string): number | null | 'bad' {
  const plain = text
    .trim()
    .replace(/\s*gib$/i, '')
    .replace(',', '.')
  if (plain === '') return null
  if (!/^\d+(\.\d+)?$/.test(plain)) return 'bad'
  const bytes = Math.round(Number(plain) * GIB)
  return Number.isSafeInteger(bytes) ? bytes : 'bad'
}

/** '6' or '5.5'; empty for automatic. */
export function gibField(bytes: number | null): string {
  return bytes === null ? '' : String(Number((bytes / GIB).toFixed(2)))
}

/** The two thresholds as they are now, and the machine they are of. */
export interface Thresholds {
  readonly memTotalBytes: number
  readonly reserveBytes: number
  readonly floorBytes: number
}
export type ThresholdField = 'reserveBytes' | 'floorBytes'

/** A typed reserve or floor: bytes, null for automatic, or words for what cannot be taken. */
export function readThreshold(
  field: ThresholdField,
  text: string,
  { memTotalBytes, reserveBytes, floorBytes }: Thresholds
): { readonly bytes: number | null; readonly bad: null } | { readonly bad: string } {
  const bytes = parseGib(text)
  if (bytes === 'bad') return { bad: `'${text}' is no number of GiB. Write 6 or 5.5.` }
  if (bytes === null) return { bytes, bad: null }
  if (bytes > mostThresholdBytes(memTotalBytes)) return { bad: aboveMostThreshold(memTotalBytes) }
  if (field === 'floorBytes' && bytes > reserveBytes) {
    return {
      bad: `The floor cannot be above the reserve (${bytesWords(reserveBytes)}). Raise the reserve first.`
    }
  }
  // 0 is no reserve at all, and the floor goes with it.
  if (field === 'reserveBytes' && bytes > 0 && bytes < floorBytes) {
    return {
      bad: `The reserve cannot be below the floor (${bytesWords(floorBytes)}). Lower the floor first.`
    }
  }
  return { bytes, bad: null }
}
