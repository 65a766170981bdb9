import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FromSentinel, ToSentinel, Watch } from '../../src/main/sentinel/protocol.ts'
import type { GuardEvent, SentinelStatus } from '../../src/shared/model/guard.ts'
import { pause } from '../harness.ts'

export const SENTINEL_ENTRY = join(import.meta.dirname, '..', '..', 'out', 'main', 'sentinel.js')
const STAND_IN = join(import.meta.dirname, 'stand-in.ts')
/** As the core and the unit start it. */
export const NODE_FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1']
const START_DEADLINE_MS = 10_000

/** How the core behaves during a fall. */
export type CoreState = 'well' | 'blocked' | 'killed'

/** A built sentinel in a folder of its own, with whatever arms it. */
export interface BenchSentinel {
  readonly pid: number
  readonly uid: number | undefined
  /** Arms, and leaves the core in its state. */
  arm(watches: readonly Watch[]): Promise<void>
  /** All events of this arming so far; takes over from a core that is blocked or gone. */
  events(): Promise<readonly GuardEvent[]>
  status(): SentinelStatus | undefined
  end(): void
}

const waitFor = async (what: string, look: () => boolean): Promise<void> => {
  const deadline = performance.now() + START_DEADLINE_MS
  while (!look()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${START_DEADLINE_MS / 1000} s`)
    await pause(2)
  }
}

export function startTicksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

/** A connection as the core's. */
export async function connectCore(socketPath: string) {
  const socket: Socket = connect(socketPath)
  const messages: FromSentinel[] = []
  let pending = ''
  socket.on('error', () => undefined)
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (pending + text).split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) messages.push(JSON.parse(line) as FromSentinel)
  })
  const send = (message: ToSentinel): void => void socket.write(`${JSON.stringify(message)}\n`)
  send({
    type: 'hello',
    protocol: 1,
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    blackBoxPath: null
  })
  await waitFor('the sentinel answers', () => messages.some((message) => message.type === 'state'))
  return { messages, send, close: () => socket.destroy() }
}

/** `uid`: without rights, as this user. */
export async function startBenchSentinel(core: CoreState, uid?: number): Promise<BenchSentinel> {
  if (!existsSync(SENTINEL_ENTRY)) throw new Error(`${SENTINEL_ENTRY} is missing; run 'npm run build' first`)
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-reaction-'))
  if (uid !== undefined) chownSync(folder, uid, uid)
  const socketPath = join(folder, 's')
  const child = spawn(process.execPath, [...NODE_FLAGS, SENTINEL_ENTRY, '--socket', socketPath], {
    stdio: 'ignore',
    ...(uid === undefined ? {} : { uid, gid: uid })
  })
  await waitFor('the sentinel listens', () => existsSync(socketPath))
  let link: Awaited<ReturnType<typeof connectCore>> | null = await connectCore(socketPath)
  let standIn: ChildProcess | null = null
  let sequence = 0
  let lastSeen = 0
  let status: SentinelStatus | undefined
  const eventsOf = (): readonly GuardEvent[] =>
    (link?.messages ?? []).flatMap((message) => (message.type === 'event' ? [message.event] : []))

  return {
    pid: child.pid ?? -1,
    uid,
    async arm(watches) {
      const message: ToSentinel = { type: 'arm', sequence: ++sequence, watches, holders: [] }
      link ??= await connectCore(socketPath)
      lastSeen = Math.max(lastSeen, ...eventsOf().map((event) => event.sequence))
      link.send({ type: 'ack', sequence: lastSeen })
      link.messages.length = 0
      if (core === 'well') {
        link.send(message)
        const current = link
        await waitFor('it is armed', () =>
          current.messages.some((item) => item.type === 'state' && item.armSequence === sequence)
        )
        return
      }
      const started = spawn(process.execPath, [STAND_IN, socketPath, JSON.stringify(message)], {
        stdio: ['ignore', 'pipe', 'ignore']
      })
      standIn = started
      let said = ''
      started.stdout.on('data', (text: Buffer) => (said += text.toString()))
      await waitFor('the stand-in of the core has armed', () => said.includes('armed'))
      link.close()
      link = null
      if (core === 'killed') started.kill('SIGKILL')
    },
    async events() {
      if (link === null) {
        link = await connectCore(socketPath)
        standIn?.kill('SIGKILL')
        standIn = null
      }
      const state = link.messages.findLast((message) => message.type === 'state')
      status = state?.status ?? status
      return eventsOf().filter((event) => event.sequence > lastSeen)
    },
    status: () => status,
    end() {
      standIn?.kill('SIGKILL')
      link?.close()
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
