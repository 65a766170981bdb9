/** Line and paragraph separators are no control characters to Unicode, but break a line as those do. */
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu
/** Marks that turn the reading direction, of the following text too: 'gpt\u202Egnp.exe' reads as another name. */
const DIRECTION_MARKS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/**
 * One line of a name or sentence that others wrote, as it can be shown anywhere: a process may call itself anything,
 * and a terminal obeys control characters. May be empty.
 */
export const plainText = (text: string): string =>
  text.replaceAll(DIRECTION_MARKS, '').replaceAll(BREAKS, ' ').trim()
