import { spawn, type ChildProcess } from 'node:child_process'

/** missing: there is no such program. timeout: it did not end in time and was left behind. */
export type ProgramEnd =
  | { readonly kind: 'ended'; readonly code: number; readonly stderr: string }
  | { readonly kind: 'missing' | 'timeout' }
  | { readonly kind: 'failed'; readonly why: string }

/** What a program said last is what went wrong. */
const STDERR_TAIL_CHARS = 2000
/** pkexec clears the environment anyway; what runs before it needs a search path and a language. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
/** Of a shell: ended by a signal. */
const SIGNALLED_CODE = 128

/**
 * Runs a program to its end without ever blocking the caller.
 *
 * At the deadline it gets SIGKILL; where it runs as root by then that is not allowed, and it is left to itself.
 */
export function runProgram(command: readonly string[], deadlineMs: number): Promise<ProgramEnd> {
  const [file = '', ...args] = command
  return new Promise((settle) => {
    let child: ChildProcess
    try {
      const env = { PATH: SEARCH_PATH, LANG: process.env['LANG'] ?? 'C' }
      child = spawn(file, args, { cwd: '/', env, stdio: ['ignore', 'ignore', 'pipe'] })
    } catch (error) {
      settle({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })
      return
    }
    let stderr = ''
    const end = (result: ProgramEnd): void => {
      clearTimeout(timer)
      settle(result)
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.stderr?.destroy()
      child.unref()
      end({ kind: 'timeout' })
    }, deadlineMs)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL_CHARS)
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'failed', why: error.message })
    )
    child.once('close', (code) => end({ kind: 'ended', code: code ?? SIGNALLED_CODE, stderr: stderr.trim() }))
  })
}
