/** What no POSIX shell gives a meaning to; '=' first is a path to zsh, '~' a folder. */
const HARMLESS = /^[\w@%+:,./-][\w@%+=:,./-]*$/

/** One argument as a POSIX shell reads it back. */
export const shellQuote = (text: string): string =>
  HARMLESS.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
