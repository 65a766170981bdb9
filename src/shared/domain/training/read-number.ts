const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?$/i
const NOT_A_NUMBER = /^[-+]?(?:nan|inf(?:inity)?)$/i

/** A figure as Python prints it; null where it is none. */
export function numberIn(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !NUMBER.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

export const isNotANumber = (text: string | null): boolean => text !== null && NOT_A_NUMBER.test(text)

/** A whole number that can be counted with, as '1,000', '1000' or '11.00'; null where it is none. */
export function count(text: string | null | undefined): number | null {
  const value = numberIn(text?.replaceAll(',', ''))
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** The figure after a name, as 'name=1', 'name: 1' or "'name': '1'"; null where the name is not there. */
export function field(text: string, name: string): string | null {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    const before = at === 0 ? '' : text.charAt(at - 1)
    if (/[\w/]/.test(before)) continue
    const found = /^['"]?\s{0,4}[:=]\s{0,4}['"]?([-+\w.]{1,32})/.exec(
      text.slice(at + name.length, at + name.length + 48)
    )
    if (found !== null) return found[1] ?? null
  }
  return null
}
