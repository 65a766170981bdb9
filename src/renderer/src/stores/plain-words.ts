/** Fields that are shown to people and may hold names chosen by anybody. */
const WORDS: ReadonlySet<string> = new Set([
  'label',
  'text',
  'title',
  'why',
  'reasons',
  'wouldDo',
  'note',
  'notes'
])

/**
 * Control characters, and those that turn the direction of all text after them: a program's name could otherwise
 * rewrite the sentence it stands in.
 */
const UNRULY = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const tamed = (text: string): string => text.replace(UNRULY, '\ufffd')

function clean(value: unknown, isWords: boolean): unknown {
  if (typeof value === 'string') return isWords ? tamed(value) : value
  if (Array.isArray(value)) return value.map((item) => clean(item, isWords))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, clean(field, WORDS.has(key))]))
}

/** Plain data from the core with every sentence and name fit to be shown; ids stay as they are. */
export const plainWords = <T>(value: T): T => clean(value, false) as T
