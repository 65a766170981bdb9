import { shellQuote } from '../../../shared/util/shell-quote.ts'
import { HIDDEN, redactArgs, secretAssigned } from '../supervisor/redact.ts'

/** Longer than this is broken into a line per option. */
const LONGEST_LINE = 100
const NEXT_LINE = ' \\\n  '
const VARIABLE_NAME = /^[A-Za-z_]\w*$/

export interface ShellCommand {
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  /** Words that begin a line of their own though they are no option: the image of a container. */
  readonly breakBefore: readonly string[]
}

/**
 * A command for a terminal: assignments first, each word quoted where a shell would read it otherwise. A secret is
 * never spelled out: the variable that it is usually kept in stands for it.
 */
export function shellText({ env, argv, breakBefore }: ShellCommand): string {
  const assignments = Object.entries(env).map(([name, value]) =>
    secretAssigned(`${name}=${value}`) === null
      ? `${name}=${shellQuote(redactArgs([value])[0] ?? '')}`
      : `${name}="$${name}"`
  )
  const words = shellWords(argv)
  const line = [...assignments, ...words].join(' ')
  if (line.length <= LONGEST_LINE) return line
  const lines: string[] = [...assignments]
  let open: string[] = []
  words.forEach((word, index) => {
    const arg = argv[index] ?? ''
    if (index > 0 && (arg.startsWith('-') || breakBefore.includes(arg))) {
      lines.push(open.join(' '))
      open = []
    }
    open.push(word)
  })
  if (open.length > 0) lines.push(open.join(' '))
  return lines.join(NEXT_LINE)
}

function shellWords(argv: readonly string[]): readonly string[] {
  const shown = redactArgs(argv)
  return argv.map((arg, index) => {
    const one = shown[index] ?? HIDDEN
    if (one === HIDDEN) return `"$${variableOf(argv[index - 1] ?? '')}"`
    const name = secretAssigned(arg)
    // An address with a secret inside has no variable: its place is shown.
    return name === null ? shellQuote(one) : `${shellQuote(name)}="$${variableOf(name)}"`
  })
}

/** '--api-key' is kept in API_KEY, HF_TOKEN in itself. */
function variableOf(name: string): string {
  if (VARIABLE_NAME.test(name)) return name
  const variable = name
    .replace(/^-+/, '')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '_')
  return VARIABLE_NAME.test(variable) ? variable : 'SECRET'
}
