import { isSecretName } from '../../../shared/util/secret-name.ts'

/** Stands for a secret. */
export const HIDDEN = '•••'
/** An option or a setting and its value: '--name=value', 'NAME=value'. */
const ASSIGNMENT = /^(-{0,2}[A-Za-z][\w.-]*)=(.*)$/s
const OPTION = /^-{1,2}[A-Za-z][\w.-]*$/
/** No secret begins like that: argument parsers would take it for an option. */
const LONG_OPTION = /^--[A-Za-z]/
/** 'user:pw@' of an address; the name of the user alone is no secret. */
const URL_PASSWORD = /(\/\/[^\s/?#:@]*:)[^\s/?#]+(?=@)/g
const URL_PARAMETER = /([?&;#])([\w.-]+)=([^\s&;#]+)/g

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
