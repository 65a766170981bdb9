type Plain = Readonly<Record<string, unknown>>

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function shareList(before: readonly unknown[], now: readonly unknown[]): readonly unknown[] {
  const shared = now.map((item, at) => share(before[at], item))
  return shared.length === before.length && shared.every((item, at) => item === before[at]) ? before : shared
}

function shareFields(before: Plain, now: Plain): Plain {
  const keys = Object.keys(now)
  const shared = Object.fromEntries(keys.map((key) => [key, share(before[key], now[key])]))
  const isSame =
    keys.length === Object.keys(before).length && keys.every((key) => shared[key] === before[key])
  return isSame ? before : shared
}

function share(before: unknown, now: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(now)) return shareList(before, now)
  return isPlain(before) && isPlain(now) ? shareFields(before, now) : now
}

/**
 * `now`, with the objects of `before` wherever they say the same: a selector then finds what it knows, and nothing is
 * drawn again. For plain data from a wire only.
 */
export const keepSame = <T>(before: T, now: T): T => share(before, now) as T
