import { basename } from 'node:path'
import { optionValue, portOf } from './port.ts'
import type { Recognised } from '../../supervisor/adapter.ts'

/** Programs that run a script: the script is then what is recognised. */
const INTERPRETER = /^(?:python[\d.]*|pypy[\d.]*|node|(?:ba|da|z)?sh)$/
/** Python's own options that take the next item with them. */
const TAKES_NEXT: ReadonlySet<string> = new Set(['-X', '-W', '--check-hash-based-pycs'])
/** Addresses that this machine reaches at its own loopback. */
const LOCAL: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]', 'localhost', '127.0.0.1'])

/** What a command line runs. */
export interface Program {
  /** Its file's name without folder; null for a Python module. */
  readonly name: string | null
  /** As after 'python -m'; null for a file. */
  readonly module: string | null
  /** Its whole path, where the command line says one. */
  readonly path: string
  readonly args: readonly string[]
}

/** The program behind an interpreter, or the first item; null where it is neither file nor module ('python -c'). */
export function programOf(commandLine: readonly string[]): Program | null {
  const [path = '', ...args] = commandLine
  if (path === '') return null
  if (!INTERPRETER.test(basename(path))) return { name: basename(path), module: null, path, args }
  for (let at = 0; at < args.length; at += 1) {
    const item = args[at] ?? ''
    if (item === '-m') {
      const module = args[at + 1]
      return module === undefined ? null : { name: null, module, path: '', args: args.slice(at + 2) }
    }
    if (item === '-c') return null
    if (TAKES_NEXT.has(item)) at += 1
    else if (!item.startsWith('-')) {
      return { name: basename(item), module: null, path: item, args: args.slice(at + 1) }
    }
  }
  return null
}

/** Where a server with these options listens; 'url' is null where Firebreak could not ask it there. */
export function listenOf(
  args: readonly string[],
  usualPort: number,
  /** Options that move it away from plain HTTP on a port. */
  elsewhere: readonly string[] = []
): Pick<Recognised, 'port' | 'url'> {
  const said = optionValue(args, ['--port'])
  const port = said === null ? usualPort : portOf(said)
  if (port === null || elsewhere.some((name) => optionValue(args, [name]) !== null)) {
    return { port, url: null }
  }
  const host = optionValue(args, ['--host']) ?? ''
  if (LOCAL.has(host)) return { port, url: `http://127.0.0.1:${port}` }
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  const url = `http://${address}:${port}`
  return { port, url: URL.canParse(url) ? url : null }
}

/**
 * The first item that belongs to no option. Which options take a value is not known here: an item after an option is
 * taken for its value, unless nothing but options with '=' and the beginning stand before it.
 */
export function positionalOf(args: readonly string[], manyValued: readonly string[] = []): string | null {
  let option: string | null = null
  let values = 0
  for (const item of args) {
    if (item.startsWith('-')) {
      option = item.includes('=') ? null : item
      values = 0
    } else if (option === null) return item
    else {
      values += 1
      if (values > 1 && !manyValued.includes(option)) return item
    }
  }
  return null
}
