import { GIB } from './bytes.ts'

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
