import type { ContractError } from '../shared/contract/errors.ts'
import type { Disposable } from '../shared/util/disposable.ts'
import type { Result } from '../shared/util/result.ts'
import type { Client } from '../shared/contract/client.ts'
import type { ExitCode } from './exit-codes.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** Name of the value in help: 'N', 'KIND'. */
  readonly value?: string
  readonly about: string
}

export interface PositionalSpec {
  /** As in help: 'ID', 'PROFILE|MODEL'. */
  readonly name: string
  readonly about: string
  /** May be left out; only the last ones may. */
  readonly optional?: boolean
}

/** One command as data: parsing, help and errors all derive from this. */
export interface Command {
  readonly name: string
  readonly about: string
  readonly positionals: readonly PositionalSpec[]
  readonly options: Readonly<Record<string, OptionSpec>>
  /** A line or two below the options: an example. */
  readonly example: string
  run(context: Context): Promise<Outcome>
}

/** Option values as parsed; a read of a kind that was not declared gives the empty value. */
export interface Values {
  text(name: string): string | undefined
  list(name: string): readonly string[]
  flag(name: string): boolean
}

/** A running core and how to notice that it ended. */
export interface Core extends Disposable {
  readonly client: Client
  onClose(listener: () => void): Disposable
}

export interface Context {
  readonly values: Values
  readonly positionals: readonly string[]
  readonly json: boolean
  readonly env: NodeJS.ProcessEnv
  /** Relative paths of the command line start here. */
  readonly workingDir: string
  readonly runtimeDir: string
  /** Aborted by Ctrl-C or when nobody reads the output any more. */
  readonly signal: AbortSignal
  /** Straight to stdout, for output that does not end. */
  write(text: string): void
  /** One line to stderr. */
  note(text: string): void
  connect(): Promise<Result<Core, ContractError>>
}

/** `document` is the one of --json; `text` is for people. Either is left out where nothing is to be said. */
export interface Success {
  readonly document?: unknown
  readonly text?: string
  /** Where it worked out differently than hoped although there is a document. */
  readonly exit?: ExitCode
  /** One line to stderr that explains `exit`. */
  readonly note?: string
}

export type Outcome = Result<Success, ContractError>
