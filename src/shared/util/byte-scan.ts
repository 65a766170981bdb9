/**
 * A place in the bytes of a kernel text file.
 *
 * For files of many numbers: walking their bytes costs a fraction of splitting them into strings.
 * A number counts only when a byte follows it: the last number of a cut file may be half a number.
 */
export interface ByteScan {
  readonly bytes: Uint8Array
  readonly end: number
  pos: number
}

const NEWLINE = 10
const SPACE = 32
const TAB = 9
const ZERO = 48
const NINE = 57
const DOT = 46

export const byteScan = (bytes: Uint8Array): ByteScan => ({ bytes, end: bytes.length, pos: 0 })

export const atEnd = (scan: ByteScan): boolean => scan.pos >= scan.end

/** To the byte after the next newline; to the end where there is none. */
export function skipLine(scan: ByteScan): void {
  const { bytes, end } = scan
  let pos = scan.pos
  while (pos < end && bytes[pos] !== NEWLINE) pos++
  scan.pos = pos < end ? pos + 1 : end
}

export function skipBlanks(scan: ByteScan): void {
  const { bytes, end } = scan
  let pos = scan.pos
  while (pos < end && (bytes[pos] === SPACE || bytes[pos] === TAB)) pos++
  scan.pos = pos
}

/** To the next blank, newline or the end. */
export function skipWord(scan: ByteScan): void {
  const { bytes, end } = scan
  let pos = scan.pos
  while (pos < end && bytes[pos] !== SPACE && bytes[pos] !== TAB && bytes[pos] !== NEWLINE) pos++
  scan.pos = pos
}

/** The unsigned decimal number after blanks on this line, or -1 where there is none or it is cut off. */
export function readUint(scan: ByteScan): number {
  skipBlanks(scan)
  const { bytes, end } = scan
  const start = scan.pos
  let pos = start
  let value = 0
  while (pos < end) {
    const byte = bytes[pos] ?? 0
    if (byte < ZERO || byte > NINE) break
    value = value * 10 + (byte - ZERO)
    pos++
  }
  scan.pos = pos
  return pos === start || pos === end ? -1 : value
}

/** As readUint, with a fraction after a dot ('12.34'). */
export function readDecimal(scan: ByteScan): number {
  const whole = readUint(scan)
  if (whole < 0 || scan.bytes[scan.pos] !== DOT) return whole
  scan.pos++
  const start = scan.pos
  const fraction = readUint(scan)
  return fraction < 0 ? -1 : whole + fraction / 10 ** (scan.pos - start)
}

/** Moves past `text` when it stands here; else stays. */
export function skipText(scan: ByteScan, text: string): boolean {
  const { bytes, end, pos } = scan
  if (pos + text.length > end) return false
  for (let i = 0; i < text.length; i++) if (bytes[pos + i] !== text.charCodeAt(i)) return false
  scan.pos = pos + text.length
  return true
}
