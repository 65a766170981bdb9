import type { ContractError } from '../../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'

const WATCHED = 'Firebreak must know it to watch the right place.'

/** Options that the profile says itself; given twice, the supervisor would watch the wrong place. */
export const LISTEN_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['--port', `Set the port in the profile: ${WATCHED}`],
  ['--host', "Switch 'Reachable from the network' on or off in the profile."]
])

/** Refuses the first of these among a profile's own arguments, as one item or with '='; null: none is there. */
export function refuseOptions(
  extraArgs: readonly string[],
  refused: ReadonlyMap<string, string>
): ContractError | null {
  for (const arg of extraArgs) {
    const advice = refused.get(arg.split('=', 1)[0] ?? arg)
    if (advice !== undefined) {
      return { code: 'bad-request', message: `'${arg}' cannot be among the extra arguments. ${advice}` }
    }
  }
  return null
}

/** '--name value' for each that is not empty or 0, which mean the server's own choice. */
export const optionsOf = (values: Readonly<Record<string, string | number | boolean>>): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => {
    if (value === '' || value === 0 || value === false) return []
    return value === true ? [name] : [name, String(value)]
  })

/** 'NAME=value' lines as an environment; a line that is none is refused, for it would be missed later. */
export function variablesFrom(
  lines: readonly string[]
): Result<Readonly<Record<string, string>>, ContractError> {
  const variables: Record<string, string> = {}
  for (const [at, line] of lines.entries()) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(line) ?? []
    if (name === undefined || value === undefined || value.includes('\0')) {
      // Not quoted: it may be a secret.
      return err({
        code: 'bad-request',
        message: `Environment: line ${at + 1} is no NAME=value. Correct it.`
      })
    }
    variables[name] = value
  }
  return ok(variables)
}
