import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type {
  ArmedProcess,
  ArmedVictim,
  FromSentinel,
  ToSentinel,
  Watch
} from '../../src/main/sentinel/protocol.ts'
import type { GuardEvent, GuardPolicy } from '../../src/shared/model/guard.ts'
import { until } from './until.ts'

const ENTRY = resolve(import.meta.dirname, '../../src/main/sentinel/main.ts')

/** The sentinel as its own process, in a folder of its own. */
export interface SentinelProcess {
  readonly pid: number
  readonly dir: string
  readonly socketPath: string
  stderr(): string
  readonly exited: () => number | string | null
  signal(name: NodeJS.Signals): void
  /** What it says from now on cannot be written. */
  closeStderr(): void
  /** SIGKILL if it still runs, and the folder removed. */
  remove(): Promise<void>
}

export interface SentinelOptions {
  readonly procRoot?: string
  readonly lingerMs?: number
  readonly dir?: string
  /** Needs root. */
  readonly uid?: number
}

export async function startSentinel(options: SentinelOptions = {}): Promise<SentinelProcess> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sentinel-'))
  const socketPath = join(dir, 'sentinel.sock')
  const args = [ENTRY, '--socket', socketPath]
  if (options.lingerMs !== undefined) args.push('--linger-ms', String(options.lingerMs))
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], FIREBREAK_PROC_ROOT: options.procRoot }
  const { uid } = options
  if (uid !== undefined) chownSync(dir, uid, uid)
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid })
  })
  let text = ''
  let exit: number | string | null = null
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more))
  child.once('close', (code, signal) => (exit = code ?? signal ?? 'unknown'))
  await until('the sentinel listens', () => {
    if (exit !== null) throw new Error(`the sentinel ended (${exit}): ${text}`)
    return text.includes('watches')
  })
  return {
    pid: child.pid ?? -1,
    dir,
    socketPath,
    stderr: () => text,
    exited: () => exit,
    signal: (name) => void child.kill(name),
    closeStderr: () => void child.stderr.destroy(),
    async remove() {
      if (exit === null) child.kill('SIGKILL')
      await until('the sentinel is gone', () => exit !== null)
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

/** One that is expected to end by itself. */
export function runSentinel(
  socketPath: string
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [ENTRY, '--socket', socketPath], {
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (stderr += more))
  return new Promise((done) => child.once('close', (code) => done({ code, stderr })))
}

/** A core as far as the sentinel knows one. */
export interface CoreStandIn {
  readonly messages: FromSentinel[]
  events(): readonly GuardEvent[]
  state(): Extract<FromSentinel, { type: 'state' }> | undefined
  send(message: ToSentinel): void
  raw(text: string): void
  arm(watches: readonly Watch[]): void
  /** Waits for an event of this kind. */
  event(kind: GuardEvent['kind']): Promise<GuardEvent>
  readonly closed: () => boolean
  close(): void
}

export async function connectStandIn(
  socketPath: string,
  blackBoxPath: string | null = null
): Promise<CoreStandIn> {
  const socket: Socket = connect(socketPath)
  await new Promise<void>((done, reject) => socket.once('connect', done).once('error', reject))
  const messages: FromSentinel[] = []
  let pending = ''
  let closed = false
  let sequence = 0
  socket.on('error', () => undefined)
  socket.once('close', () => (closed = true))
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) messages.push(JSON.parse(line) as FromSentinel)
  })
  const send = (message: ToSentinel): void => void socket.write(`${JSON.stringify(message)}\n`)
  send({ type: 'hello', protocol: 1, ...identityOf(process.pid), blackBoxPath })
  await until('a welcome', () => messages.some((message) => message.type === 'welcome'))
  const events = (): readonly GuardEvent[] =>
    messages.flatMap((message) => (message.type === 'event' ? [message.event] : []))
  return {
    messages,
    events,
    state: () => messages.findLast((message) => message.type === 'state'),
    send,
    raw: (text) => void socket.write(text),
    arm: (watches) => send({ type: 'arm', sequence: ++sequence, watches, holders: [] }),
    event: (kind) =>
      until(`the event '${kind}'`, () => {
        const found = events().find((event) => event.kind === kind)
        if (found === undefined && closed) throw new Error(`the sentinel hung up before '${kind}'`)
        return found
      }),
    closed: () => closed,
    close: () => void socket.destroy()
  }
}

const fieldsOf = (pid: number): readonly string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export const identityOf = (pid: number): ArmedProcess => ({ pid, startTicks: Number(fieldsOf(pid)[19]) })

/** 'T' while stopped; null when it is gone or has ended. */
export function stateOf(pid: number): string | null {
  try {
    const state = fieldsOf(pid)[0] ?? null
    return state === 'Z' || state === 'X' ? null : state
  } catch {
    return null
  }
}

const MIB = 1024 ** 2

export const POLICY: GuardPolicy = {
  mode: 'balanced',
  reserveBytes: 1024 * MIB,
  floorBytes: 512 * MIB,
  restsAtBytes: 'unknown',
  answerMs: 15_000
}

export const victimOf = (
  id: string,
  pids: readonly number[],
  more: Partial<ArmedVictim> = {}
): ArmedVictim => ({
  id,
  label: id,
  bytes: 256 * MIB,
  stopLatencyMs: 100,
  graceMs: 1_000,
  shrinkableBytes: 0,
  processes: pids.map(identityOf),
  groupLeaders: [],
  cgroupDir: null,
  ...more
})

export const watchOf = (victims: readonly ArmedVictim[], policy: Partial<GuardPolicy> = {}): Watch => ({
  id: 'main',
  policy: { ...POLICY, ...policy },
  victims
})
