import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContractError } from '../../shared/contract/errors.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Command, Context, Outcome } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { MAX_PORT, wholeNumber } from '../numbers.ts'

/** A core reads its settings and binds a port; seconds are ample even on a loaded machine. */
const START_DEADLINE_MS = 30_000
const RETRY_MS = 100
const NOT_STARTED: ContractError = { code: 'internal', message: 'Firebreak did not start; stderr says why' }
const EXIT_CODES: readonly number[] = Object.values(EXIT)

/** Needs no core: without one it becomes it and stays until it is ended. */
export const serve: Command = {
  name: 'serve',
  about: 'the panel in a browser: prints its URL; starts Firebreak without a window if need be',
  positionals: [],
  options: {
    port: { type: 'string', value: 'N', about: 'port on 127.0.0.1; 0 = any free one' },
    'no-open': { type: 'boolean', about: 'open no browser here' }
  },
  example: 'firebreakctl serve --port 9747 --no-open',
  async run(context) {
    const { values, connect } = context
    const port = wholeNumber(values, 'port', 0, MAX_PORT)
    if (!port.ok) return port
    const core = await connect()
    if (core.ok) {
      const opened = await core.value.client.call(
        'web.open',
        port.value === undefined ? {} : { port: port.value }
      )
      if (!opened.ok) return opened
      return ok({ document: opened.value, text: opened.value.url })
    }
    if (core.error.code !== 'disconnected') return core
    return runHeadless(context, port.value)
  }
}

function runHeadless(context: Context, port: number | undefined): Promise<Outcome> {
  const entry = join(import.meta.dirname, 'headless.js')
  if (!existsSync(entry)) {
    return Promise.resolve(err({ code: 'internal', message: `${entry} is missing; run 'npm run build'` }))
  }
  const { values, json, env, signal } = context
  const args = [
    entry,
    ...(port === undefined ? [] : ['--port', String(port)]),
    values.flag('no-open') ? '--no-open' : '--open'
  ]
  // With --json the URL of the core's own output would be a second document.
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', json ? 2 : 'inherit', 'inherit'] })
  const pass = (): void => {
    child.kill('SIGTERM')
  }
  signal.addEventListener('abort', pass, { once: true })
  if (signal.aborted) pass()
  const announced = json ? announce(child, context) : Promise.resolve(true)
  return new Promise((settle) => {
    child.once('error', (error) =>
      settle(err({ code: 'internal', message: `Firebreak cannot be started: ${error.message}` }))
    )
    child.once('exit', (code) => {
      signal.removeEventListener('abort', pass)
      const exit = signal.aborted ? EXIT.ok : asExitCode(code)
      void announced.then((told) =>
        settle(ok(told || exit === EXIT.ok ? { exit } : { exit, document: { error: NOT_STARTED } }))
      )
    })
  })
}

const asExitCode = (code: number | null): ExitCode =>
  code !== null && EXIT_CODES.includes(code) ? (code as ExitCode) : EXIT.unexpected

/** Asks the core that was just started for its address, over the socket like anyone else; false if it ended. */
async function announce(child: ChildProcess, { connect, write }: Context): Promise<boolean> {
  const deadline = performance.now() + START_DEADLINE_MS
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const core = await connect()
    if (core.ok) {
      const opened = await core.value.client.call('web.open', {})
      core.value.dispose()
      if (opened.ok) {
        write(`${JSON.stringify(opened.value)}\n`)
        return true
      }
    }
    await new Promise((done) => setTimeout(done, RETRY_MS))
  }
  return false
}
