import { spawn } from 'node:child_process'
import { err, ok, type Result } from '../../../shared/util/result.ts'

/** nvidia-smi takes 20-700 ms when well; in a wedge it was seen to block for 8-12 minutes. */
export const SMI_TIMEOUT_MS = 5_000
/** A hundred times what a machine with many processes prints. */
const MAX_OUTPUT_BYTES = 1024 * 1024
const STDERR_TAIL_BYTES = 300

export interface SmiError {
  /** missing: there is no such program. refused: it ended with an error. hung: it did not end, or still has not. */
  readonly kind: 'missing' | 'refused' | 'hung'
  readonly why: string
}

/** Runs nvidia-smi, one at a time. */
export interface SmiRunner {
  run(args: readonly string[], timeoutMs: number): Promise<Result<string, SmiError>>
}

/**
 * Runs without a shell, with a hard deadline.
 *
 * A process that hangs in the driver does not die of SIGKILL before the driver lets go. It is then left behind, and
 * no second one is started until it is gone, so that they cannot pile up.
 */
export function createSmiRunner(command = 'nvidia-smi'): SmiRunner {
  let leftBehind: number | null = null

  const once = (args: readonly string[], timeoutMs: number): Promise<Result<string, SmiError>> =>
    new Promise((resolve) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      let errors = ''
      let done = false
      const finish = (result: Result<string, SmiError>): void => {
        if (done) return
        done = true
        clearTimeout(timer)
        child.stdout.destroy()
        child.stderr.destroy()
        resolve(result)
      }
      const giveUp = (why: string): void => {
        leftBehind = child.pid ?? null
        child.kill('SIGKILL')
        finish(err({ kind: 'hung', why }))
      }
      const timer = setTimeout(() => giveUp(`nvidia-smi did not end within ${timeoutMs / 1000} s`), timeoutMs)
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.length > MAX_OUTPUT_BYTES) giveUp('nvidia-smi printed more than 1 MiB')
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors = (errors + text).slice(-STDERR_TAIL_BYTES)
      })
      child.on('error', (error: NodeJS.ErrnoException) => {
        finish(
          err(
            error.code === 'ENOENT'
              ? { kind: 'missing', why: 'nvidia-smi is not installed' }
              : { kind: 'refused', why: `nvidia-smi cannot be run (${error.message})` }
          )
        )
      })
      child.on('exit', () => {
        if (leftBehind === child.pid) leftBehind = null
      })
      child.on('close', (code, signal) => {
        if (code === 0) finish(ok(output))
        else finish(err({ kind: 'refused', why: refusal(code, signal, `${errors}\n${output}`) }))
      })
    })

  return {
    async run(args, timeoutMs) {
      if (leftBehind !== null) {
        return err({
          kind: 'hung',
          why: `nvidia-smi (pid ${leftBehind}) hangs in the driver and cannot be ended`
        })
      }
      return once(args, timeoutMs)
    }
  }
}

function refusal(code: number | null, signal: NodeJS.Signals | null, said: string): string {
  const ending = signal === null ? `exit status ${code}` : `signal ${signal}`
  const words = said.trim().replaceAll(/\s+/g, ' ').slice(0, STDERR_TAIL_BYTES)
  return words === '' ? `nvidia-smi failed (${ending})` : `nvidia-smi failed (${ending}): ${words}`
}
