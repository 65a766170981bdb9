/** An argv as a terminal takes it: what a shell would read as more than letters is quoted. */
export const shellText = (argv: readonly string[]): string =>
  argv.map((one) => (/^[\w@%+=:,./~-]+$/.test(one) ? one : `'${one.replaceAll("'", `'\\''`)}'`)).join(' ')
