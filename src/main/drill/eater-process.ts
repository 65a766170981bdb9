import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Places } from '../platform/ports.ts'
import type { DrillPace } from './bounds.ts'
import { MARK_VARIABLE, newDrillMark } from './eater-mark.ts'

/** Its own data is a few MiB; what it takes is outside the heap. */
const HEAP_MIB = 32
const STDERR_TAIL_CHARS = 400
/** Field 22 of /proc/PID/stat, counted after the name in parentheses (which is field 2). */
const START_TICKS_AFTER_NAME = 19

/** The drill's process while it lives. */
export interface Eater {
  readonly pid: number
  /** Half of its identity; null: it is gone, or /proc cannot be read. */
  startTicks(): number | null
  /** It has started and waits for `go`. */
  readonly ready: boolean
  readonly takenBytes: number
  /** Has reached its bound. */
  readonly full: boolean
  /** null while it runs; then how it ended, in words. */
  readonly ended: string | null
  go(): void
  /** SIGKILL; frozen processes obey it too. */
  kill(): void
}

/** Starts the drill's process; it waits for `go`. Throws where no process can be started at all. */
export function startEater(
  places: Pick<Places, 'nodePath' | 'entryDir' | 'procRoot'>,
  pace: DrillPace
): Eater {
  const child = spawn(
    places.nodePath,
    [
      `--max-old-space-size=${HEAP_MIB}`,
      join(places.entryDir, 'drill-eater.js'),
      ...[pace.boundBytes, pace.stepBytes, pace.stepMs].map(String)
    ],
    {
      env: { PATH: process.env['PATH'], [MARK_VARIABLE]: newDrillMark() },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Leads a group of its own: a signal to the group touches nobody else.
      detached: true
    }
  )
  let ready = false
  let full = false
  let takenBytes = 0
  let ended: string | null = null
  let pending = ''
  let errors = ''
  const end = (why: string): void => {
    const said = errors.trim().replaceAll(/\s+/g, ' ')
    ended ??= said === '' ? why : `${why}: ${said}`
  }
  child.on('error', (error) => end(`it could not be started (${error.message})`))
  child.on('close', (code, signal) =>
    end(signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`)
  )
  // It may be gone already; its end is told by 'close'.
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_TAIL_CHARS)
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line === 'ready') ready = true
      else if (line === 'full') full = true
      else if (line.startsWith('taken ')) takenBytes = Number(line.slice('taken '.length))
    }
  })
  return {
    pid: child.pid ?? -1,
    startTicks: () => startTicksOf(places.procRoot, child.pid ?? -1),
    get ready() {
      return ready
    },
    get takenBytes() {
      return takenBytes
    },
    get full() {
      return full
    },
    get ended() {
      return ended
    },
    go() {
      if (child.stdin.writable) child.stdin.write('go\n')
    },
    kill() {
      child.kill('SIGKILL')
    }
  }
}

function startTicksOf(procRoot: string, pid: number): number | null {
  try {
    const stat = readFileSync(join(procRoot, String(pid), 'stat'), 'latin1')
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TICKS_AFTER_NAME])
    return Number.isSafeInteger(ticks) ? ticks : null
  } catch {
    return null
  }
}
