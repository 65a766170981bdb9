import { spawn, type ChildProcess } from 'node:child_process'
import { dirname } from 'node:path'

/** A table of a dozen short rows; more is no answer. */
const MOST_OUTPUT_BYTES = 16_384

/** failed and late: `why` is for people and ends a sentence. */
export type PlannerRun =
  | { readonly kind: 'answered'; readonly stdout: string }
  | { readonly kind: 'failed' | 'late'; readonly why: string }

/**
 * Runs the planner to its end, at the deadline or at too much output to its death; never throws.
 *
 * No shell, nothing on stdin, and of the environment only what a program needs to find its libraries and devices.
 */
export function runPlanner(
  file: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly timeoutMs: number; readonly signal: AbortSignal }
): Promise<PlannerRun> {
  const { env, timeoutMs, signal } = options
  return new Promise((settle) => {
    if (signal.aborted) {
      settle({ kind: 'failed', why: 'it was not asked any more' })
      return
    }
    let child: ChildProcess
    try {
      child = spawn(file, args, {
        cwd: dirname(file),
        env: keptOf(env),
        stdio: ['ignore', 'pipe', 'ignore'],
        // A group of its own, so that it is ended with all that it started.
        detached: true
      })
    } catch (error) {
      settle({ kind: 'failed', why: `it could not be run (${reasonOf(error)})` })
      return
    }
    const pieces: Buffer[] = []
    let bytes = 0
    const end = (result: PlannerRun): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      settle(result)
    }
    const give = (why: string, kind: 'failed' | 'late' = 'failed'): void => {
      endGroup(child)
      child.stdout?.destroy()
      child.unref()
      end({ kind, why })
    }
    const abort = (): void => give('it was not asked any more')
    const timer = setTimeout(give, timeoutMs, `it did not answer within ${timeoutMs / 1000} s`, 'late')
    signal.addEventListener('abort', abort, { once: true })
    child.stdout?.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > MOST_OUTPUT_BYTES) give('it wrote more than an answer')
      else pieces.push(piece)
    })
    child.on('error', (error) => end({ kind: 'failed', why: `it could not be run (${error.message})` }))
    child.on('close', (code, killed) => {
      if (code === 0) end({ kind: 'answered', stdout: Buffer.concat(pieces).toString('utf8') })
      else end({ kind: 'failed', why: `it ended with ${killed ?? `code ${code}`}` })
    })
  })
}

function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Gone meanwhile.
  }
}

/** Libraries, devices, language; options of llama.cpp that users set for the server count for the planner, too. */
const KEPT =
  /^(?:PATH|HOME|LANG|LC_.*|LD_LIBRARY_PATH|CUDA_.*|NVIDIA_.*|HIP_.*|ROCR_.*|GGML_.*|LLAMA_ARG_DEVICE)$/

/** Where it crashes it would start a debugger to tell where, which takes longer than anybody waits. */
const WITHOUT_DEBUGGER = { GGML_NO_BACKTRACE: '1' }

const keptOf = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => KEPT.test(name))),
  ...WITHOUT_DEBUGGER
})

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
