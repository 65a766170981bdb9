export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
const BACKSLASH = 0x5c
export const OPEN = 0x7b
export const CLOSE = 0x7d
export const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const SPACE = 0x20

/** How deep in brackets, and whether in a text, bytes have been walked so far. */
export interface Nesting {
  depth: number
  isText: boolean
  isEscaped: boolean
}

export const newNesting = (): Nesting => ({ depth: 0, isText: false, isEscaped: false })

/** One byte further; true where it closes a bracket. */
function step(walk: Nesting, byte: number | undefined): boolean {
  if (walk.isText) {
    if (walk.isEscaped) walk.isEscaped = false
    else if (byte === BACKSLASH) walk.isEscaped = true
    else if (byte === QUOTE) walk.isText = false
    return false
  }
  if (byte === QUOTE) walk.isText = true
  else if (byte === OPEN || byte === OPEN_LIST) walk.depth += 1
  else if (byte === CLOSE || byte === CLOSE_LIST) {
    walk.depth -= 1
    return true
  }
  return false
}

/** Behind the bracket that closes the one at `from`; null where it is not in these bytes: `walk` goes on in the next. */
export function endOfNested(bytes: Buffer, from: number, walk: Nesting): number | null {
  for (let at = from; at < bytes.length; at += 1) {
    if (step(walk, bytes[at]) && walk.depth === 0) return at + 1
  }
  return null
}

/** Behind the quote that ends the text at `from`; `from` itself where there is none. */
export function endOfText(bytes: Buffer, from: number): number {
  if (bytes[from] !== QUOTE) return from
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at + 1
  }
  return from
}

/** Behind a number, true, false or null at `from`. */
export function endOfScalar(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && !isBehindScalar(bytes[at] ?? SPACE)) at += 1
  return at
}

const isBehindScalar = (byte: number): boolean =>
  byte <= SPACE || byte === COMMA || byte === CLOSE || byte === CLOSE_LIST

export function pastBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] ?? 0) <= SPACE) at += 1
  return at
}

/** Whether brackets lie in each other more than `most` deep, told without parsing them. */
export function isDeeperThan(bytes: Buffer, most: number): boolean {
  const walk = newNesting()
  for (let at = 0; at < bytes.length; at += 1) {
    step(walk, bytes[at])
    if (walk.depth > most) return true
  }
  return false
}
