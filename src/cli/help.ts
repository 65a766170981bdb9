import type { Command, OptionSpec, PositionalSpec } from './command.ts'

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', about: 'one JSON document on stdout; messages go to stderr' },
  help: { type: 'boolean', short: 'h', about: 'show this help' }
}

const EXIT_CODES = `Exit codes: 0 ok · 1 unexpected · 2 usage or bad input · 3 refused · 4 runner failed · 5 Firebreak is not running`

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

function optionRow([name, option]: [string, OptionSpec]): readonly [string, string] {
  const short = option.short === undefined ? '' : `-${option.short}, `
  const value = option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''
  return [`${short}--${name}${value}`, option.multiple ? `${option.about} (repeatable)` : option.about]
}

const positionalName = ({ name, optional }: PositionalSpec): string =>
  optional === true ? `[${name}]` : name

const usageOf = (command: Command): string =>
  ['firebreakctl', command.name, ...command.positionals.map(positionalName), '[options]'].join(' ')

export function commandHelp(command: Command): string {
  const sections = [`Usage: ${usageOf(command)}\n\n${command.about}`]
  if (command.positionals.length > 0) {
    sections.push(table(command.positionals.map(({ name, about }) => [name, about] as const)))
  }
  sections.push(
    `Options:\n${table(Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(optionRow))}`
  )
  sections.push(`Example:\n  ${command.example}`, EXIT_CODES)
  return `${sections.join('\n\n')}\n`
}

export function globalHelp(commands: readonly Command[]): string {
  return [
    'Usage: firebreakctl COMMAND [options]',
    'Talks to the running Firebreak of this user: who holds the memory, which models run.',
    `Commands:\n${table(
      commands.map(
        ({ name, positionals, about }) =>
          [[name, ...positionals.map(positionalName)].join(' '), about] as const
      )
    )}`,
    `Options:\n${table([
      ['-h, --help', 'show this help; after a command: its own'],
      ['--version', "show Firebreak's version"]
    ])}`,
    `${EXIT_CODES}\n`
  ].join('\n\n')
}
