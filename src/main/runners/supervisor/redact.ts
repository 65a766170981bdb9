/** Stands for a secret. */
export const HIDDEN = '•••'
/** An option or a setting and its value: '--name=value', 'NAME=value'. */
const ASSIGNMENT = /^(-{0,2}[A-Za-z][\w.-]*)=(.*)$/s
const OPTION = /^-{1,2}[A-Za-z][\w.-]*$/
/** No secret begins like that: argument parsers would take it for an option. */
const LONG_OPTION = /^--[A-Za-z]/
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
/** 'user:pw@' of an address; the name of the user alone is no secret. */
const URL_PASSWORD = /(\/\/[^\s/?#:@]*:)[^\s/?#]+(?=@)/g
const URL_PARAMETER = /([?&;#])([\w.-]+)=([^\s&;#]+)/g

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

/** The name in '--name=value' or 'NAME=value' where the value is a secret; null elsewhere. */
export function secretAssigned(arg: string): string | null {
  const [, name = '', value = ''] = ASSIGNMENT.exec(arg) ?? []
  return value !== '' && isSecretName(name) ? name : null
}

/** A command line as it may be shown and logged. */
export function redactArgs(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? ''
    // What looks like the next option is one: the one before it is a mere switch.
    if (OPTION.test(before) && isSecretName(before) && !LONG_OPTION.test(arg)) return HIDDEN
    const name = secretAssigned(arg)
    return name === null ? withoutUrlSecrets(arg) : `${name}=${HIDDEN}`
  })
}

/** Addresses inside any text: passwords and the parameters whose name says that they are secret. */
const withoutUrlSecrets = (arg: string): string =>
  arg
    .replaceAll(URL_PASSWORD, `$1${HIDDEN}`)
    .replaceAll(URL_PARAMETER, (whole, mark: string, name: string) =>
      isSecretName(name) ? `${mark}${name}=${HIDDEN}` : whole
    )
