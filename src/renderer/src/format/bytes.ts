import { isKnown, type Reading } from '../../../shared/model/reading.ts'

/** The kernel counts in powers of two, and so does the panel: 1 GiB = 2^30 bytes. */
export const MIB = 2 ** 20
export const GIB = 2 ** 30

/** U+00A0, so that a number and its unit never part at a line's end. */
const NBSP = '\u00a0'

/** For tables and cards: '61.2 GiB', '812 MiB', '0 MiB'; always the same number of decimals per unit. */
export function bytesText(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(1)}${NBSP}GiB`
  const mib = Math.round(bytes / MIB)
  // 1023.6 MiB rounds to 1024 MiB, which is a GiB.
  if (mib >= 1024) return `1.0${NBSP}GiB`
  return bytes > 0 && mib === 0 ? `<${NBSP}1${NBSP}MiB` : `${mib}${NBSP}MiB`
}

/** For sentences: '37 GiB', '6.4 GiB', '812 MiB'; nobody needs a decimal above ten. */
export function bytesWords(bytes: number): string {
  const gib = bytes / GIB
  // 9.96 would read '10.0': from where a decimal rounds up to ten, go without.
  return gib >= 9.95 ? `${Math.round(gib)}${NBSP}GiB` : bytesText(bytes)
}

/** '38.1 of 61.2 GiB', both in the unit of the second. */
export function bytesOf(part: number, whole: number): string {
  if (whole < GIB) return `${Math.round(part / MIB)} of ${Math.round(whole / MIB)}${NBSP}MiB`
  return `${(part / GIB).toFixed(1)} of ${(whole / GIB).toFixed(1)}${NBSP}GiB`
}

/** A file's size, which may not be known. */
export function sizeText(reading: Reading): string {
  return isKnown(reading) ? bytesText(reading) : 'size not known'
}

/** GiB for an axis: '0', '64'. */
export const gibTick = (bytes: number): string => String(Math.round(bytes / GIB))

/** A sentence of the core's, whose numbers stay with their units at a line's end. */
export const unbroken = (text: string): string => text.replace(/(\d) (?=(?:[KMGT]iB|B|s)\b|%)/g, `$1${NBSP}`)
