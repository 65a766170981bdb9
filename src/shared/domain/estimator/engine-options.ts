/** The last value of an option in a list of arguments: '--x 1' or '--x=1', '-' and '_' alike; null: it is not there. */
export function optionIn(args: readonly string[], names: readonly string[]): string | null {
  const wanted = new Set(names.map(plain))
  let found: string | null = null
  args.forEach((arg, at) => {
    const equals = arg.indexOf('=')
    if (equals > 0 && wanted.has(plain(arg.slice(0, equals)))) found = arg.slice(equals + 1)
    else if (wanted.has(plain(arg))) found = args[at + 1] ?? null
  })
  return found
}

/** What a letter behind a number means to vLLM and its like: small ones are powers of 1000, large ones of 1024. */
const UNITS: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4
}

/** The same as a number, '32k' and '1.5G' too; null: it is not there, or it is none. */
export function numberIn(args: readonly string[], names: readonly string[]): number | null {
  const parts = /^\s*([-+]?\d{1,18}(?:\.\d{0,18})?(?:e[-+]?\d{1,3})?)([kmgtKMGT])?\s*$/.exec(
    optionIn(args, names) ?? ''
  )
  const value = parts === null ? Number.NaN : Number(parts[1]) * (UNITS[parts[2] ?? ''] ?? 1)
  return Number.isFinite(value) ? value : null
}

/** Whether an option is given at all, with a value or without. */
export function hasOption(args: readonly string[], names: readonly string[]): boolean {
  const wanted = new Set(names.map(plain))
  return args.some((arg) => wanted.has(plain(arg.split('=', 1)[0] ?? arg)))
}

const plain = (name: string): string => name.replaceAll('_', '-')
