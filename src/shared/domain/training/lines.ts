/** A line of a training log has a few hundred characters; of a longer one (a dumped configuration) the end is kept. */
export const MAX_LINE_CHARACTERS = 4_096

/** Colours and cursor moves of a terminal; by its number, as a control character in a pattern is not seen. */
const ESCAPES = new RegExp(`${String.fromCodePoint(27)}\\[[0-9;?]{0,32}[A-Za-z]`, 'g')

/** Lines of a log piece, and what of the last one is still to come. */
export interface Lines {
  readonly complete: readonly string[]
  readonly rest: string
}

/**
 * Splits what a trainer wrote, of which `rest` came earlier. A progress bar ends with a carriage return, not a line
 * feed, and each of its pictures is a line here.
 */
export function splitLines(rest: string, text: string): Lines {
  const parts = (rest + text).split(/\r\n|\n|\r/)
  const last = parts.pop() ?? ''
  return { complete: parts.map(tidy), rest: last.slice(-MAX_LINE_CHARACTERS) }
}

/** Without a terminal's escapes, and no longer than what is read of a line. */
export const tidy = (line: string): string => line.slice(-MAX_LINE_CHARACTERS).replace(ESCAPES, '')
