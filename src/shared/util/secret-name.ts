/** Words of a name that say that its value is a secret; also at the end of a longer one: PGPASSWORD, hftoken. */
const SECRET_WORD = /(?:token|passwd|password|passphrase|secret|credential|credentials|apikey)$/
const SECRET_WORDS: ReadonlySet<string> = new Set(['pass', 'pat', 'auth', 'hft', 'secrets'])
/** Before 'key' these make it a secret; '--sort-key' is none. */
const KEY_KINDS: ReadonlySet<string> = new Set(['api', 'access', 'secret', 'private', 'auth', 'account'])
/** Tokens of a language are counted; nobody counts secrets. */
const NOT_SECRET_WORDS: ReadonlySet<string> = new Set(['tokens', 'tokenizer'])
/** Where a secret lies and how many there are is none itself. */
const NOT_SECRET_ENDS: ReadonlySet<string> = new Set(['file', 'path', 'max', 'min', 'count'])
/** 'OPENAI_KEY': a variable of the environment ends in it where it is a secret. */
const KEY_VARIABLE = /^[A-Z][A-Z0-9_]*_KEY$/

/** Whether the value of an option, a setting or a variable of this name is nobody's business. */
export function isSecretName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_.]+/)
    .filter((word) => word !== '')
  if (words.some((word) => NOT_SECRET_WORDS.has(word)) || NOT_SECRET_ENDS.has(words.at(-1) ?? ''))
    return false
  return (
    KEY_VARIABLE.test(name) ||
    words.some(
      (word, at) =>
        SECRET_WORD.test(word) ||
        SECRET_WORDS.has(word) ||
        (word === 'key' && KEY_KINDS.has(words[at - 1] ?? ''))
    )
  )
}
