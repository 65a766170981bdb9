import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HelperProgram } from './helper-command.ts'
import { runProgram } from './run-program.ts'

/** The most there is: when memory runs out the kernel takes this process before any other. */
export const MODEL_OOM_SCORE_ADJ = 1000
/** The helper answers in well under a second; a hung D-Bus must not keep a place in the queue. */
const HELPER_DEADLINE_MS = 5000
/** Processes remembered, so that no list grows for ever; a machine runs far fewer models in a day. */
const MOST_REMEMBERED = 1024

export interface RaisableProcess {
  readonly pid: number
  readonly startTicks: number
}

export type RaiseOutcome =
  /** already: it was so high before. */
  | { readonly kind: 'raised' | 'already'; readonly by: 'core' | 'helper' }
  /** gone: it has ended. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'not-raised'; readonly why: string }

export interface OomScoreRaiser {
  /** Once per process; asked again, it gives the same answer. Never rejects, never blocks. */
  raise(process: RaisableProcess): Promise<RaiseOutcome>
}

interface RaiserOptions {
  readonly procRoot: string
  readonly helper: HelperProgram
  readonly deadlineMs?: number
}

/**
 * Makes models the kernel's first choice when memory runs out: their GPU memory is in no score of their own.
 *
 * What the kernel lets this user write is written; the rest (containers, other users) goes through the installed
 * helper, one call at a time. From a checkout it does not: each call would ask for a password.
 */
export function createOomScoreRaiser(options: RaiserOptions): OomScoreRaiser {
  const { procRoot, helper, deadlineMs = HELPER_DEADLINE_MS } = options
  const known = new Map<string, Promise<RaiseOutcome>>()
  let queue: Promise<unknown> = Promise.resolve()

  const throughHelper = (process: RaisableProcess): Promise<RaiseOutcome> => {
    const call = queue.then(() => askHelper(helper, process, deadlineMs))
    queue = call
    return call
  }

  const raise = async (process: RaisableProcess): Promise<RaiseOutcome> => {
    const own = raiseDirectly(procRoot, process)
    if (own !== 'not-permitted') return own
    if (!helper.installed) {
      return { kind: 'not-raised', why: 'it is not yours, and the helper is not installed' }
    }
    return await throughHelper(process)
  }

  return {
    raise(process) {
      const key = `${process.pid}:${process.startTicks}`
      const before = known.get(key)
      if (before !== undefined) return before
      const outcome = raise(process)
      known.set(key, outcome)
      const [oldest] = known.keys()
      if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest)
      return outcome
    }
  }
}

/** Through a descriptor of the process's folder: it stays this process's when the pid is given to another. */
function raiseDirectly(
  procRoot: string,
  { pid, startTicks }: RaisableProcess
): RaiseOutcome | 'not-permitted' {
  let folder: number
  try {
    folder = openSync(join(procRoot, String(pid)), constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return { kind: 'gone' }
  }
  const path = `/proc/self/fd/${folder}/oom_score_adj`
  try {
    if (startOf(readFileSync(`/proc/self/fd/${folder}/stat`, 'latin1')) !== startTicks)
      return { kind: 'gone' }
    if (Number(readFileSync(path, 'utf8')) >= MODEL_OOM_SCORE_ADJ) return { kind: 'already', by: 'core' }
    writeFileSync(path, `${MODEL_OOM_SCORE_ADJ}\n`, { flag: 'r+' })
    return { kind: 'raised', by: 'core' }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EACCES' || code === 'EPERM') return 'not-permitted'
    if (code === 'ESRCH' || code === 'ENOENT') return { kind: 'gone' }
    return { kind: 'not-raised', why: error instanceof Error ? error.message : String(error) }
  } finally {
    closeSync(folder)
  }
}

/** Field 22 of /proc/PID/stat, counted from the name's last ')'. */
const startOf = (stat: string): number =>
  Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3] ?? Number.NaN)

async function askHelper(
  helper: HelperProgram,
  { pid, startTicks }: RaisableProcess,
  deadlineMs: number
): Promise<RaiseOutcome> {
  const verb = ['set-oom-score-adj', String(pid), String(startTicks), String(MODEL_OOM_SCORE_ADJ)]
  const end = await runProgram([...helper.command, ...verb], deadlineMs)
  switch (end.kind) {
    case 'ended':
      if (end.code === 0) return { kind: 'raised', by: 'helper' }
      return { kind: 'not-raised', why: end.stderr.split('\n').at(-1) || `the helper ended with ${end.code}` }
    case 'missing':
      return { kind: 'not-raised', why: 'pkexec is not installed' }
    case 'timeout':
      return { kind: 'not-raised', why: `the helper did not answer within ${deadlineMs / 1000} s` }
    case 'failed':
      return { kind: 'not-raised', why: end.why }
  }
}
