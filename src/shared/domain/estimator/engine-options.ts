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

/** The same as a number; null: it is not there, or it is none. */
export function numberIn(args: readonly string[], names: readonly string[]): number | null {
  const text = optionIn(args, names)
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : null
}

/** Whether an option is given at all, with a value or without. */
export function hasOption(args: readonly string[], names: readonly string[]): boolean {
  const wanted = new Set(names.map(plain))
  return args.some((arg) => wanted.has(plain(arg.split('=', 1)[0] ?? arg)))
}

const plain = (name: string): string => name.replaceAll('_', '-')
