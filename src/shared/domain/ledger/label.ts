import type { ProcessInfo } from '../../model/snapshot.ts'

const MAX_LABEL_CHARS = 48
/** Programs whose own name says nothing: the script or module they run is told too. */
const INTERPRETER = /^(?:python[\d.]*|node|ruby|perl|java|bash|sh)$/

/** Thread names that runtimes give themselves in place of the program's. */
const THREAD_NAME = /^MainThread$|^main$/

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Names come from anybody: control and direction characters are shown as a dot. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·').trim()

function program(args: readonly string[]): string | null {
  const rest = args.slice(1)
  const module = rest.indexOf('-m')
  if (module >= 0) return rest[module + 1] ?? null
  const script = rest.find((argument) => !argument.startsWith('-'))
  return script === undefined ? null : baseName(script)
}

/** What people call a process: its whole name where the kernel cut it, and what an interpreter runs. */
export function processLabel(process: Pick<ProcessInfo, 'pid' | 'name' | 'commandLine'>): string {
  const { name, commandLine } = process
  const first = baseName(commandLine?.[0] ?? '')
  const nameSaysLess = THREAD_NAME.test(name) || first.startsWith(name)
  const whole = first !== '' && nameSaysLess ? first : name
  const runs = INTERPRETER.test(whole) && commandLine !== null ? program(commandLine) : null
  const label = printable(runs === null ? whole : `${whole} ${runs}`)
  if (label === '') return `process ${process.pid}`
  return label.length > MAX_LABEL_CHARS ? `${label.slice(0, MAX_LABEL_CHARS - 1)}…` : label
}
