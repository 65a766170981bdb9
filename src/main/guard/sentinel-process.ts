import { spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync
} from 'node:fs'
import { dirname } from 'node:path'

/** The sentinel's own data is a few MiB; a bound keeps a leak from hurting the machine it guards. */
const HEAP_MIB = 48
/** What one sentinel may have written before its log is cut: it says little, and only when something is wrong. */
const MOST_LOG_BYTES = 1024 ** 2
const FILE_MODE = 0o600

export interface SentinelProcessOptions {
  readonly nodePath: string
  readonly entryPath: string
  readonly socketPath: string
  readonly logPath: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Once, when it is gone or could not be started; in words. Not called for one that outlives this process. */
  readonly onEnd: (why: string) => void
}

/** A sentinel this process started; it is not tied to it and goes on without it. */
export interface SentinelProcess {
  readonly pid: number | null
  /** Only for one that does not answer: SIGKILL. */
  kill(): void
  /** `onEnd` is not called any more. */
  forget(): void
}

/** Spawns plain Node in a session of its own, with its words in a log file; no shell, no pipe that could break. */
export function startSentinel(options: SentinelProcessOptions): SentinelProcess {
  const logFd = openLog(options.logPath)
  try {
    const child = spawn(
      options.nodePath,
      [
        `--max-old-space-size=${HEAP_MIB}`,
        '--max-semi-space-size=1',
        options.entryPath,
        '--socket',
        options.socketPath
      ],
      {
        env: { ...options.env },
        stdio: ['ignore', logFd ?? 'ignore', logFd ?? 'ignore'],
        detached: true,
        cwd: '/'
      }
    )
    let isOver = false
    const end = (why: string): void => {
      if (isOver) return
      isOver = true
      options.onEnd(why)
    }
    child.on('error', (error) => end(`it could not be started (${error.message})`))
    child.on('exit', (code, signal) =>
      end(signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`)
    )
    child.unref()
    return {
      pid: child.pid ?? null,
      kill: () => void child.kill('SIGKILL'),
      forget() {
        isOver = true
      }
    }
  } finally {
    if (logFd !== null) closeSync(logFd)
  }
}

/** The last words of the one before: why it ended may be in them alone. */
const KEPT = '.previous'

/** Begun anew, with the one before beside it; null where it cannot be written: guarding matters more than its log. */
function openLog(path: string): number | null {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (statSync(path, { throwIfNoEntry: false })?.size) renameSync(path, `${path}${KEPT}`)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND
    const fd = openSync(path, flags, FILE_MODE)
    fchmodSync(fd, FILE_MODE)
    return fd
  } catch {
    return null
  }
}

/** Cuts a log that grew too long; the writer appends, and so goes on at its beginning. */
export function boundLog(path: string): void {
  try {
    if (statSync(path).size <= MOST_LOG_BYTES) return
    const fd = openSync(path, 'r+')
    try {
      ftruncateSync(fd, 0)
    } finally {
      closeSync(fd)
    }
  } catch {
    // none, or not ours to cut
  }
}
