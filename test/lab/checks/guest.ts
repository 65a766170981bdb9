import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** The product as the package installs it. */
export const PRODUCT = '/usr/lib/firebreak'
export const NODE = `${PRODUCT}/node`
export const UID = 1000

const CONTROL_SOCKET = `/run/user/${UID}/firebreak/control.sock`
const PROTOCOL_VERSION = 1
/** Emulated, a program takes twenty times as long as elsewhere. */
const COMMAND_LIMIT_MS = 180_000
const ANSWER_LIMIT_MS = 60_000
const POLL_MS = 250
const AS_USER = [
  '-u',
  'lab',
  '--',
  'env',
  'HOME=/home/lab',
  `XDG_RUNTIME_DIR=/run/user/${UID}`,
  `DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/${UID}/bus`
]

export interface Ran {
  readonly code: number | null
  /** What it wrote on both outputs. */
  readonly said: string
}

/** Runs a program to its end, as root. */
export function run(file: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    timeout: COMMAND_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  return { code: status, said: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() }
}

/** Runs it as the ordinary user, who has no seat and no password dialog. */
export const asUser = (...args: readonly string[]): Ran => run('runuser', ...AS_USER, ...args)

/** Runs it and throws what it said where it failed. */
export function must(file: string, ...args: readonly string[]): string {
  const { code, said } = run(file, ...args)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${said}`)
  return said
}

/** Starts a program that stays. It does not inherit the driver's oom_score_adj. */
export const start = (...args: readonly string[]): ChildProcess =>
  spawn('choom', ['-n', '0', '--', ...args], { stdio: 'ignore' })

/** Waits for a state; throws `what` where it does not come. */
export async function until(
  what: string,
  limitS: number,
  holds: () => boolean | Promise<boolean>
): Promise<void> {
  const deadline = performance.now() + limitS * 1000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitS} s`)
    await delay(POLL_MS)
  }
}

export const isNamedRunning = (name: string): boolean => run('pgrep', '-x', name).code === 0

export const read = (path: string): string => readFileSync(path, 'utf8').trim()

export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Tells one check: passed where `body` returns, in the words that it returns; failed where it throws. */
export async function check(name: string, body: () => string | Promise<string>): Promise<void> {
  let passed = true
  let detail: string
  try {
    detail = await body()
  } catch (error) {
    passed = false
    detail = error instanceof Error ? error.message : String(error)
  }
  console.log(`@check ${JSON.stringify({ check: name, passed, detail })}`)
}

/** Asks the running core, as its clients do: one JSON object per line. */
export async function askCore(command: string): Promise<unknown> {
  const socket = connect(CONTROL_SOCKET)
  const limit = setTimeout(() => socket.destroy(new Error('the core does not answer')), ANSWER_LIMIT_MS)
  try {
    socket.write(`${JSON.stringify({ v: PROTOCOL_VERSION, id: 1, command, input: {} })}\n`)
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as {
        readonly id?: number
        readonly ok?: boolean
        readonly value?: unknown
      }
      if (reply.id !== 1) continue
      if (reply.ok !== true) throw new Error(`the core refuses: ${line}`)
      return reply.value
    }
    throw new Error('the core closed the connection')
  } finally {
    clearTimeout(limit)
    socket.destroy()
  }
}
