import { createClient, type Client } from '../shared/contract/client.ts'
import type { ContractError } from '../shared/contract/errors.ts'
import { err, ok } from '../shared/util/result.ts'
import { connectControlSocket } from '../main/transport/control-client.ts'
import type { Command, Context, Core } from './command.ts'
import { COMMANDS } from './commands/table.ts'
import { didYouMean } from './did-you-mean.ts'
import { EXIT, EXIT_OF_ERROR, type ExitCode } from './exit-codes.ts'
import { commandHelp, globalHelp } from './help.ts'
import { parseCommand } from './parse.ts'

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly workingDir: string
  readonly runtimeDir: string
  readonly version: string
  readonly signal: AbortSignal
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
}

/** The whole command line tool: arguments in, exit code out. */
export async function runCli(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  const [first, ...rest] = args
  if (first === undefined || first === 'help') {
    const known = COMMANDS.find(({ name }) => name === rest[0])
    const text = known === undefined ? globalHelp(COMMANDS) : commandHelp(known)
    if (first === undefined) around.stderr(text)
    else around.stdout(text)
    return first === undefined ? EXIT.usage : EXIT.ok
  }
  if (first === '--help' || first === '-h') {
    around.stdout(globalHelp(COMMANDS))
    return EXIT.ok
  }
  if (first === '--version') {
    around.stdout(`${around.version}\n`)
    return EXIT.ok
  }
  const command = COMMANDS.find(({ name }) => name === first)
  if (command === undefined) {
    const names = COMMANDS.map(({ name }) => name)
    const what = first.startsWith('-') ? 'option' : 'command'
    const message = `unknown ${what} '${first}'.${didYouMean(first, names)} See 'firebreakctl --help'.`
    return fail({ code: 'bad-request', message }, args.includes('--json'), around)
  }
  return runCommand(command, rest, around)
}

async function runCommand(
  command: Command,
  args: readonly string[],
  around: Surroundings
): Promise<ExitCode> {
  const parsed = parseCommand(command, args)
  if (!parsed.ok) return fail(parsed.error, args.includes('--json'), around)
  const { values, positionals } = parsed.value
  if (values.flag('help')) {
    around.stdout(commandHelp(command))
    return EXIT.ok
  }
  const json = values.flag('json')
  const cores: Core[] = []
  const context: Context = {
    values,
    positionals,
    json,
    env: around.env,
    workingDir: around.workingDir,
    runtimeDir: around.runtimeDir,
    signal: around.signal,
    write: around.stdout,
    note: (text) => around.stderr(`firebreakctl: ${text}\n`),
    async connect() {
      const link = await connectControlSocket(around.runtimeDir)
      if (!link.ok) return err(link.error)
      const core: Core = {
        client: interruptible(createClient(link.value), around.signal),
        onClose: (listener) => link.value.onClose(listener),
        dispose: () => link.value.dispose()
      }
      cores.push(core)
      return ok(core)
    }
  }
  try {
    const outcome = await command.run(context)
    if (!outcome.ok) return fail(outcome.error, json, around)
    const { document, text, exit, note } = outcome.value
    if (json && document !== undefined) around.stdout(`${JSON.stringify(document)}\n`)
    if (!json && text !== undefined && text !== '') around.stdout(text.endsWith('\n') ? text : `${text}\n`)
    if (note !== undefined) context.note(note)
    return exit ?? EXIT.ok
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail({ code: 'internal', message: `unexpected: ${message}` }, json, around)
  } finally {
    for (const core of cores) core.dispose()
  }
}

/** Ctrl-C must end the tool even while the core does not answer; what was asked for goes on there. */
function interruptible(client: Client, signal: AbortSignal): Client {
  const interrupted = err({ code: 'refused', message: 'interrupted; what was asked for may go on' } as const)
  return {
    on: (event, listener) => client.on(event, listener),
    call(command, input) {
      if (signal.aborted) return Promise.resolve(interrupted)
      const { promise, resolve } = Promise.withResolvers<typeof interrupted>()
      const give = (): void => resolve(interrupted)
      signal.addEventListener('abort', give, { once: true })
      return Promise.race([client.call(command, input), promise]).finally(() =>
        signal.removeEventListener('abort', give)
      )
    }
  }
}

function fail(error: ContractError, json: boolean, { stdout, stderr }: Surroundings): ExitCode {
  if (json) stdout(`${JSON.stringify({ error })}\n`)
  stderr(`firebreakctl: ${error.message}\n`)
  if (error.detail !== undefined) stderr(`  ${error.detail}\n`)
  return EXIT_OF_ERROR[error.code]
}
