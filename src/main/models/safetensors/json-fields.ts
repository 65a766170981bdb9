/** A JSON object whose fields are not known to be anything yet. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first of `keys` that holds what is looked for, in the first of `objects` that has one; null: none does. */
const first = <T>(
  objects: readonly Fields[],
  keys: readonly string[],
  pick: (value: unknown) => T | null
): T | null => {
  for (const object of objects) {
    for (const key of keys) {
      const value = Object.hasOwn(object, key) ? pick(object[key]) : null
      if (value !== null) return value
    }
  }
  return null
}

const asCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

export const countIn = (objects: readonly Fields[], ...keys: readonly string[]): number | null =>
  first(objects, keys, asCount)

export const textIn = (objects: readonly Fields[], ...keys: readonly string[]): string | null =>
  first(objects, keys, (value) => (typeof value === 'string' ? value : null))

export const flagIn = (objects: readonly Fields[], ...keys: readonly string[]): boolean | null =>
  first(objects, keys, (value) => (typeof value === 'boolean' ? value : null))

export const fieldsIn = (objects: readonly Fields[], ...keys: readonly string[]): Fields | null =>
  first(objects, keys, (value) => (isFields(value) ? value : null))

export const textsIn = (
  objects: readonly Fields[],
  most: number,
  ...keys: readonly string[]
): readonly string[] | null =>
  first(objects, keys, (value) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > most) return null
    const items: readonly unknown[] = value
    const texts = items.filter((item) => typeof item === 'string')
    return texts.length === items.length ? texts : null
  })

export const countsIn = (
  objects: readonly Fields[],
  most: number,
  ...keys: readonly string[]
): readonly number[] | null =>
  first(objects, keys, (value) => {
    if (!Array.isArray(value) || value.length === 0 || value.length > most) return null
    const items: readonly unknown[] = value
    const counts = items.map(asCount).filter((item) => item !== null)
    return counts.length === items.length ? counts : null
  })
