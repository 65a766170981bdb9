import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { pause } from '../harness.ts'

const MIB = 1024 ** 2
const KIB = 1024
const READY_MS = 180_000
const REQUEST_MS = 300_000
/** More than a step of llama.cpp's, so that its scratch is used in full. */
const PROMPT_TOKENS = 600
/** Some word of the vocabulary. */
const FIRST_WORD = 300

/** What the server holds: /proc/PID/status. */
export interface Held {
  readonly anonBytes: number
  readonly shmemBytes: number
  readonly fileBytes: number
}

/** Sums of the buffers that its log tells of. */
export interface Buffers {
  readonly model: number
  readonly kv: number
  readonly recurrent: number
  readonly compute: number
  readonly output: number
}

export interface Served {
  readonly ready: Held
  /** After one request with a prompt longer than one step. */
  readonly worked: Held
  /** The most it ever held, file pages too. */
  readonly peakBytes: number
  readonly buffers: Buffers
}

/** Starts a real llama-server, asks it once, and reads what it took. It is always ended. */
export async function serve(
  binary: string,
  args: readonly string[],
  atEnd: (undo: () => void) => void
): Promise<Served> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(binary, [...args, '--host', '127.0.0.1', '--port', String(port), '-lv', '4'], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text))
  }
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const end = (): void => void (child.exitCode === null && child.kill('SIGKILL'))
  atEnd(end)
  try {
    const pid = child.pid ?? 0
    const deadline = performance.now() + READY_MS
    while (!(await isReady(url))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(lastWords(log))
      if (performance.now() > deadline) throw new Error(`not ready in time: ${lastWords(log)}`)
      await pause(100)
    }
    const ready = held(pid)
    const prompt = Array.from({ length: PROMPT_TOKENS }, (_, index) => FIRST_WORD + (index % 1000))
    const answered = await fetch(`${url}/completion`, {
      method: 'POST',
      body: JSON.stringify({ prompt, n_predict: 4, ignore_eos: true }),
      signal: AbortSignal.timeout(REQUEST_MS)
    })
    if (!answered.ok) throw new Error(`the request failed: ${answered.status} ${await answered.text()}`)
    await answered.text()
    const worked = held(pid)
    return { ready, worked, peakBytes: statusOf(pid, 'VmHWM'), buffers: buffersIn(log) }
  } finally {
    end()
    await ended
  }
}

const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })).ok
  } catch {
    return false
  }
}

const lastWords = (log: string): string => log.trim().split('\n').slice(-4).join(' | ')

function statusOf(pid: number, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (match === null) throw new Error(`/proc/${pid}/status has no ${field}`)
  return Number(match[1]) * KIB
}

const held = (pid: number): Held => ({
  anonBytes: statusOf(pid, 'RssAnon'),
  shmemBytes: statusOf(pid, 'RssShmem'),
  fileBytes: statusOf(pid, 'RssFile')
})

function buffersIn(log: string): Buffers {
  const sum = (kind: string): number => {
    // A line is told again where a context is made twice: the last of a kind and device counts.
    const lines = [...log.matchAll(new RegExp(`(\\w+: +\\S+) +${kind} buffer size = +([\\d.]+) MiB`, 'g'))]
    return lines.reduce((total, [, , size = '0']) => total + Number(size) * MIB, 0)
  }
  return {
    model: sum('model'),
    kv: sum('KV'),
    recurrent: sum('RS'),
    compute: sum('compute'),
    output: sum('output')
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
