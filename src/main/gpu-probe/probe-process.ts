import { spawn } from 'node:child_process'

/** A reply for 4096 processes is below 200 KiB; beyond this the stream is not ours. */
const MAX_LINE_CHARS = 1024 * 1024
const STDERR_TAIL_CHARS = 400
/** The probe's own data is a few MiB; a bound keeps a leak from hurting the machine it watches. */
const HEAP_MIB = 64

export interface ProbeProcessOptions {
  readonly nodePath: string
  readonly entryPath: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onLine: (line: string) => void
  /** Once, when the process is gone or could not be started; in words. */
  readonly onEnd: (why: string) => void
}

/** One run of the probe's process: lines out, lines in, an end. */
export interface ProbeProcess {
  readonly pid: number | null
  send(line: string): void
  /** SIGKILL; `onEnd` follows when it is gone, which takes as long as the driver holds it. */
  kill(): void
  /** Kills, forgets, and keeps nothing open; `onEnd` is not called any more. */
  release(): void
}

/** Spawns plain Node with pipes; no shell. */
export function startProbeProcess(options: ProbeProcessOptions): ProbeProcess {
  const child = spawn(
    options.nodePath,
    [`--max-old-space-size=${HEAP_MIB}`, options.entryPath, ...options.args],
    { env: { ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] }
  )
  let ended = false
  let pending = ''
  let errors = ''

  const end = (why: string): void => {
    if (ended) return
    ended = true
    const said = errors.trim().replaceAll(/\s+/g, ' ')
    options.onEnd(said === '' ? why : `${why}: ${said}`)
  }
  const closing = (code: number | null, signal: NodeJS.Signals | null): void =>
    end(signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`)

  child.on('error', (error) => end(`it could not be started (${error.message})`))
  child.on('close', closing)
  // A write to a process that has just died; its end is reported by 'close'.
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_TAIL_CHARS)
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    if (pending.length > MAX_LINE_CHARS) pending = ''
    for (const line of lines) if (!ended) options.onLine(line)
  })

  return {
    pid: child.pid ?? null,
    send(line) {
      if (child.stdin.writable) child.stdin.write(`${line}\n`)
    },
    kill() {
      child.kill('SIGKILL')
    },
    release() {
      ended = true
      child.kill('SIGKILL')
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
      // A process held by the driver must not hold this one.
      child.unref()
    }
  }
}
