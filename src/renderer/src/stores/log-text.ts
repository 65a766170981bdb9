import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'

/** Kept for showing, in characters: more than anyone scrolls through, little enough to lay out quickly. */
export const MAX_TEXT_CHARS = 262_144

/** A block of this size is full: what comes next goes into another, and the browser lays out only that one. */
const BLOCK_CHARS = 8_192

/** Part of a log's text. Blocks never change once another follows. */
export interface LogBlock {
  readonly key: number
  readonly text: string
}

/** Bytes of a log as the core tells them. */
export interface LogPiece {
  readonly text: string
  readonly fromOffset: number
  readonly nextOffset: number
}

export const wholeText = (blocks: readonly LogBlock[]): string => blocks.map((one) => one.text).join('')

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00

/** `blocks` with `text` at the end and, beyond MAX_TEXT_CHARS, without the oldest. */
export function addText(blocks: readonly LogBlock[], text: string): readonly LogBlock[] {
  if (text === '') return blocks
  const next = [...blocks]
  for (let at = 0; at < text.length;) {
    const last = next.at(-1)
    const room = last === undefined ? 0 : BLOCK_CHARS - last.text.length
    if (last === undefined || room <= 0) next.push({ key: (last?.key ?? 0) + 1, text: '' })
    else {
      // Never between the two halves of a character: each block is a text node of its own.
      const end = at + room + (isHighSurrogate(text.charCodeAt(at + room - 1)) ? 1 : 0)
      next[next.length - 1] = { key: last.key, text: last.text + text.slice(at, end) }
      at = end
    }
  }
  let length = next.reduce((sum, one) => sum + one.text.length, 0)
  let drop = 0
  while (length > MAX_TEXT_CHARS) {
    length -= next[drop]?.text.length ?? length
    drop += 1
  }
  return next.slice(drop)
}

/**
 * What `piece` adds to a text that ends at byte `end`, or null where it adds nothing; a part that is there already is
 * cut off, and a gap is named.
 *
 * Bytes that are no UTF-8 are longer as text than in the file: near such bytes the cut can be a few characters off.
 */
export function addition(piece: LogPiece, end: number): string | null {
  if (piece.nextOffset <= end) return null
  if (piece.fromOffset > end) {
    const left = bytesInWords(piece.fromOffset - end)
    return `\n… ${left} left out here, it came too fast to be shown; the log file has it …\n${piece.text}`
  }
  if (piece.fromOffset === end) return piece.text
  return new TextDecoder(undefined, { ignoreBOM: true }).decode(
    new TextEncoder().encode(piece.text).subarray(end - piece.fromOffset)
  )
}
