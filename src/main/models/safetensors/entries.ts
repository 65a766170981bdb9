import type { ByteWindow } from '../byte-window.ts'
import { damaged, Refusal } from '../model-problem.ts'

/** Longest entry of one tensor; real ones have some hundred bytes. */
const MAX_ENTRY_BYTES = 65_536
/** Notes of whoever made the file: no tensor, and as long as they like. */
const NOTES = '__metadata__'
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const SPACE = 0x20

export const notSafetensors = (): Refusal =>
  new Refusal('not-safetensors', 'is not a safetensors file. Download it again.')

/**
 * Walks the JSON object from the window's place to `endOfHeader`, one entry in memory at a time: parsed as a whole, a
 * header of the longest kind would take a gigabyte.
 */
export async function readEntries(
  window: ByteWindow,
  endOfHeader: number,
  add: (name: string, entry: unknown) => void
): Promise<void> {
  const more = async (bytes: number): Promise<Buffer> => {
    const left = endOfHeader - window.position
    if (left <= 0) throw damaged('its header ends in the middle')
    await window.fill(Math.min(bytes, left))
    return window.rest
  }
  const opening = await more(MAX_ENTRY_BYTES)
  const open = pastBlanks(opening, 0)
  if (opening[open] !== OPEN) throw notSafetensors()
  window.skip(open + 1)
  for (let isFirst = true; ; isFirst = false) {
    const rest = await more(MAX_ENTRY_BYTES)
    let at = pastBlanks(rest, 0)
    if (rest[at] === CLOSE) return
    if (!isFirst) at = pastBlanks(rest, past(rest, at, COMMA))
    const endOfName = endOfText(rest, at)
    const name = parse(rest, at, endOfName)
    if (typeof name !== 'string') throw damaged('its header is no list of tensors')
    at = pastBlanks(rest, past(rest, pastBlanks(rest, endOfName), COLON))
    if (name === NOTES) {
      window.skip(at)
      await skipNotes(window, () => more(1))
      continue
    }
    const walk: Nesting = { depth: 0, isText: false, isEscaped: false }
    const end = rest[at] === OPEN ? endOfNested(rest, at, walk) : null
    if (end === null) throw damaged(`the entry of ${JSON.stringify(name.slice(0, 80))} is no tensor's`)
    add(name, parse(rest, at, end))
    window.skip(end)
  }
}

interface Nesting {
  depth: number
  isText: boolean
  isEscaped: boolean
}

async function skipNotes(window: ByteWindow, more: () => Promise<Buffer>): Promise<void> {
  const walk: Nesting = { depth: 0, isText: false, isEscaped: false }
  const first = await more()
  if (first[0] !== OPEN) throw damaged('its notes are no list')
  for (let rest = first; ; rest = await more()) {
    const end = endOfNested(rest, 0, walk)
    window.skip(end ?? rest.length)
    if (end !== null) return
  }
}

/** Behind the bracket that closes the one at `from`; null where it is not in these bytes: `walk` goes on in the next. */
function endOfNested(bytes: Buffer, from: number, walk: Nesting): number | null {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (walk.isText) {
      if (walk.isEscaped) walk.isEscaped = false
      else if (byte === BACKSLASH) walk.isEscaped = true
      else if (byte === QUOTE) walk.isText = false
    } else if (byte === QUOTE) walk.isText = true
    else if (byte === OPEN || byte === OPEN_LIST) walk.depth += 1
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      walk.depth -= 1
      if (walk.depth === 0) return at + 1
    }
  }
  return null
}

/** Behind the quote that ends the text at `from`; `from` itself where there is none. */
function endOfText(bytes: Buffer, from: number): number {
  if (bytes[from] !== QUOTE) return from
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1
    else if (bytes[at] === QUOTE) return at + 1
  }
  return from
}

function pastBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] ?? 0) <= SPACE) at += 1
  return at
}

function past(bytes: Buffer, at: number, expected: number): number {
  if (bytes[at] !== expected) throw damaged('its header is no list of tensors')
  return at + 1
}

function parse(bytes: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', from, to))
  } catch {
    throw damaged('its header is no list of tensors')
  }
}
