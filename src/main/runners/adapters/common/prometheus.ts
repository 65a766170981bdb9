/** An answer is cut off at 1 MiB (http.ts); this is for text from elsewhere. */
const MOST_CHARACTERS = 4 * 1024 * 1024
/** Names, labels and value of one sample; a longer line is none. */
const LONGEST_LINE = 16_384
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/

/**
 * Figures of a server's metrics page (Prometheus text format), summed over all label sets; only the wanted names.
 *
 * A server with several engines says each figure once per engine. Lines that are no samples, figures that are no
 * numbers, and a last line without its end (it may be cut in the middle of a number) count for nothing. Never throws.
 */
export function readMetrics(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  const end = Math.min(text.length, MOST_CHARACTERS)
  for (let start = 0; start < end;) {
    const newline = text.indexOf('\n', start)
    if (newline < 0 || newline > end) break
    const sample = newline - start > LONGEST_LINE ? null : parseSample(text.slice(start, newline))
    if (sample !== null && wanted.has(sample.name)) {
      sums.set(sample.name, (sums.get(sample.name) ?? 0) + sample.value)
    }
    start = newline + 1
  }
  return sums
}

/** 'name{label="value"} 1.5 1700000000' → name and figure; null for anything else, 'NaN' and the infinities too. */
function parseSample(line: string): { readonly name: string; readonly value: number } | null {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) return null
  const after = line[name.length] === '{' ? endOfLabels(line, name.length + 1) : name.length
  if (after === null) return null
  const [figure = ''] = line.slice(after).trim().split(/\s+/, 1)
  const value = figure === '' ? Number.NaN : Number(figure)
  return Number.isFinite(value) ? { name, value } : null
}

/** Just past the closing brace; braces and escaped quotes may stand inside a label's quotes. */
function endOfLabels(line: string, from: number): number | null {
  let isQuoted = false
  for (let at = from; at < line.length; at += 1) {
    const character = line[at]
    if (isQuoted && character === '\\') at += 1
    else if (character === '"') isQuoted = !isQuoted
    else if (character === '}' && !isQuoted) return at + 1
  }
  return null
}
