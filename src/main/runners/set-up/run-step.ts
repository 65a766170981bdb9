import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { plainText } from '../../../shared/util/plain-text.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { LogFile } from '../supervisor/log-file.ts'

/** A build compiles one large file for minutes without a word; nothing that works is silent for longer. */
export const SILENCE_MS = 900_000
/** Between two looks at what a step has written: what it says is shown as progress. */
const LOOK_EVERY_MS = 500
/** An installer may tidy up when told to end; after that it is ended. */
const GRACE_MS = 5_000
/** Enough for the last line of any tool. */
const TAIL_BYTES = 8_192
const MOST_LINE_CHARACTERS = 200

export interface StepOptions {
  readonly command: readonly string[]
  readonly log: LogFile
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly signal: AbortSignal
  /** Without output for so long it hangs. */
  readonly silenceMs: number
  /** Its last line, when that is another. */
  readonly onLine: (line: string) => void
}

/**
 * Runs one step to its end: in a process group of its own, with nothing to read from, its output straight to the log.
 * Cancelled, or silent for too long, the whole group is ended: TERM, then KILL.
 */
export async function runStep(options: StepOptions): Promise<Result<void, ContractError>> {
  const { command, log, signal } = options
  if (signal.aborted) return err(cancelled)
  let offset = log.endOffset()
  const child = start(options)
  if (!child.ok) return child
  const { promise: exit, resolve: exited } = Promise.withResolvers<number | NodeJS.Signals>()
  child.value.once('exit', (code, by) => exited(code ?? by ?? 'SIGKILL'))
  child.value.once('error', () => exited('SIGKILL'))
  const silent = new AbortController()
  let heardAtMs = performance.now()
  let shown = ''
  const look = setInterval(() => {
    const now = log.endOffset()
    if (now !== offset) {
      offset = now
      heardAtMs = performance.now()
      const line = lastLine(log)
      if (line !== '' && line !== shown) options.onLine(line)
      shown = line
      log.rotateIfLarge()
    } else if (performance.now() - heardAtMs > options.silenceMs) silent.abort()
  }, LOOK_EVERY_MS)
  const endGroup = groupEnder(child.value, () => exited('SIGKILL'))
  const stop = AbortSignal.any([signal, silent.signal])
  stop.addEventListener('abort', endGroup.begin)
  if (stop.aborted) endGroup.begin()
  const how = await exit
  clearInterval(look)
  stop.removeEventListener('abort', endGroup.begin)
  await endGroup.finish(stop.aborted)
  if (signal.aborted) return err(cancelled)
  if (silent.signal.aborted) {
    const seconds = Math.round(options.silenceMs / 1_000)
    return err({
      code: 'timeout',
      message: `'${nameOf(command)}' wrote nothing for ${seconds} s and was ended. Its output is in ${log.path}.`
    })
  }
  if (how === 0) return ok(undefined)
  const said = lastLine(log)
  return err({
    code: 'runner-failed',
    message:
      `'${nameOf(command)}' failed (${typeof how === 'number' ? `exit ${how}` : how})` +
      `${said === '' ? '' : `: ${said}`}. All it wrote is in ${log.path}.`
  })
}

function start(options: StepOptions): Result<ChildProcess, ContractError> {
  const { command, log, env, workingDir } = options
  const [file = '', ...args] = command
  let fd: number | null = null
  try {
    fd = log.openForRunner(`--- ${new Date().toISOString()} ${command.join(' ')}`)
    const child = spawn(file, args, { cwd: workingDir, env, detached: true, stdio: ['ignore', fd, fd] })
    if (child.pid !== undefined) return ok(child)
    child.once('error', () => undefined)
    return err({
      code: 'runner-missing',
      message: `'${file}' could not be started: it is not installed, or may not be run. Install it, then try again.`
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return err({ code: 'runner-failed', message: `'${nameOf(command)}' could not be started: ${reason}.` })
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** Ends a child's whole group: TERM, and KILL after the grace to whoever is left of it; then it is given up. */
function groupEnder(
  child: ChildProcess,
  giveUp: () => void
): {
  readonly begin: () => void
  readonly finish: (wasAsked: boolean) => Promise<void>
} {
  const group = -(child.pid ?? 0)
  const { promise: graceOver, resolve } = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | null = null
  const kill = (): void => {
    signalGroup(group, 'SIGKILL')
    resolve()
    // One that hangs in the kernel does not go even now; its exit is waited for no longer.
    timer = setTimeout(giveUp, GRACE_MS)
  }
  return {
    begin() {
      if (timer !== null) return
      signalGroup(group, 'SIGTERM')
      timer = setTimeout(kill, GRACE_MS)
    },
    async finish(wasAsked) {
      if (!wasAsked) return
      // The leader is gone; what it started gets the rest of the grace.
      const look = setInterval(() => {
        if (!signalGroup(group, 0)) resolve()
      }, LOOK_EVERY_MS)
      if (!signalGroup(group, 0)) resolve()
      await graceOver
      clearInterval(look)
      if (timer !== null) clearTimeout(timer)
    }
  }
}

/** False: nobody is left in it. */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  if (group >= -1) return false
  try {
    process.kill(group, signal)
    return true
  } catch {
    return false
  }
}

const cancelled: ContractError = { code: 'refused', message: 'It was cancelled.' }

/** Of a progress bar that redraws its line, the last drawing. */
function lastLine(log: LogFile): string {
  const { text } = log.read(null, TAIL_BYTES)
  const line = text.split(/[\r\n]/).findLast((one) => one.trim() !== '' && !one.startsWith('--- ')) ?? ''
  return plainText(line.replaceAll(ESCAPES, '')).slice(0, MOST_LINE_CHARACTERS)
}

/** Colours and cursor moves of a terminal: ESC [ … letter. */
const ESCAPES = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;?]*[A-Za-z]`, 'g')

const nameOf = (command: readonly string[]): string => command.slice(0, 3).join(' ')
