import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { ContractError } from '../shared/contract/errors.ts'
import { err, ok, type Result } from '../shared/util/result.ts'
import type { Command, Values } from './command.ts'
import { didYouMean } from './did-you-mean.ts'
import { COMMON_OPTIONS } from './help.ts'

export interface Parsed {
  readonly values: Values
  readonly positionals: readonly string[]
}

const usage = (message: string): ContractError => ({ code: 'bad-request', message })

/** Parses a command's own arguments (without its name); every mistake says what would be right. */
export function parseCommand(command: Command, args: readonly string[]): Result<Parsed, ContractError> {
  const specs = { ...command.options, ...COMMON_OPTIONS }
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { type, short, multiple }] of Object.entries(specs)) {
    options[name] = {
      type,
      ...(short === undefined ? {} : { short }),
      ...(multiple === undefined ? {} : { multiple })
    }
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: true
    })
    const found = asValues(values)
    if (found.flag('help')) return ok({ values: found, positionals })
    const wanted = command.positionals
    const missing = wanted
      .slice(positionals.length)
      .filter(({ optional }) => optional !== true)
      .map(({ name }) => name)
    if (missing.length > 0) {
      return err(usage(`${missing.join(' and ')} missing. ${seeHelp(command)}`))
    }
    // An unset variable of a script: no name, and not the folder it runs in.
    const empty = wanted.find((_, at) => positionals[at]?.trim() === '')
    if (empty !== undefined) return err(usage(`${empty.name} is empty. ${seeHelp(command)}`))
    const [surplus] = positionals.slice(wanted.length)
    if (surplus !== undefined) return err(usage(`'${surplus}' is one argument too many. ${seeHelp(command)}`))
    return ok({ values: found, positionals })
  } catch (error) {
    return err(usage(explain(error, args, specs, command)))
  }
}

const seeHelp = (command: Command): string => `See 'firebreakctl ${command.name} --help'.`

function explain(
  error: unknown,
  args: readonly string[],
  specs: Readonly<Record<string, unknown>>,
  command: Command
): string {
  if ((error as { code?: unknown }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const { tokens } = parseArgs({
      args: [...args],
      options: {},
      strict: false,
      allowPositionals: true,
      tokens: true
    })
    for (const token of tokens) {
      if (token.kind !== 'option' || Object.hasOwn(specs, token.name)) continue
      if (!token.rawName.startsWith('--') && isShort(specs, token.name)) continue
      const hint = token.rawName.startsWith('--') ? didYouMean(token.name, Object.keys(specs), '--') : ''
      return `unknown option '${token.rawName}'.${hint} ${seeHelp(command)}`
    }
  }
  const ambiguous = /'(--?[\w-]+)[^']*' argument is ambiguous/.exec(
    error instanceof Error ? error.message : ''
  )
  if (ambiguous !== null) {
    const option = ambiguous[1] ?? ''
    return `${option} needs a value, and what follows looks like another option. If it is the value, write ${option}=VALUE. ${seeHelp(command)}`
  }
  const message = error instanceof Error ? error.message : String(error)
  return `${message.replaceAll('\n', ' ')} ${seeHelp(command)}`
}

const isShort = (specs: Readonly<Record<string, unknown>>, letter: string): boolean =>
  Object.values(specs).some((spec) => (spec as { short?: string }).short === letter)

function asValues(values: Readonly<Record<string, unknown>>): Values {
  return {
    text(name) {
      const value = values[name]
      return typeof value === 'string' ? value : undefined
    },
    list(name) {
      const value = values[name]
      return Array.isArray(value) ? value.map(String) : []
    },
    flag: (name) => values[name] === true
  }
}
