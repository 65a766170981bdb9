/** A member of something that came as JSON; undefined where there is none. */
export const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined

export function textMember(value: unknown, key: string): string | null {
  const found = member(value, key)
  return typeof found === 'string' && found !== '' ? found : null
}

export function numberMember(value: unknown, key: string): number | null {
  const found = member(value, key)
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

/** undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
