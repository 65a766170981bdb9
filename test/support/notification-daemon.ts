import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Argument } from '../../src/main/notify/message.ts'
import { encodeMessage } from '../../src/main/notify/message-encode.ts'
import { readMessage, type ReadMessage } from './dbus-reader.ts'

/** A dbus-daemon of the test's own: nothing of the user's session is reached, and it starts no services. */
export interface SessionBus {
  readonly address: string
  /** SIGSTOP and SIGCONT: a bus that hangs, as in a machine that has no memory left. */
  pause(): void
  resume(): void
  /** A bus at the same address again, after stop(). */
  stop(): Promise<void>
}

/** Why the tests that need a bus cannot run here; null where they can. */
export const busMissing: string | null =
  spawnSync('dbus-daemon', ['--version']).status === 0 ? null : 'dbus-daemon is missing: apt-get install dbus'

export interface BusPlace {
  readonly folder: string
  readonly address: string
}

export function busPlace(): BusPlace {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak bus-'))
  return { folder, address: `unix:path=${join(folder, 'bus').replaceAll(' ', '%20')}` }
}

export const removeBusPlace = (place: BusPlace): void =>
  rmSync(place.folder, { recursive: true, force: true })

export async function startSessionBus(place: BusPlace): Promise<SessionBus> {
  const config = join(place.folder, 'bus.conf')
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>${place.address}</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
     <allow own="*"/></policy></busconfig>`
  )
  const child = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const address = await new Promise<string>((found, failed) => {
    child.once('error', failed)
    void ended.then(() => failed(new Error(`dbus-daemon ended: ${said}`)))
    createInterface({ input: child.stdout }).once('line', found)
  })
  return {
    address,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      await ended
      rmSync(join(place.folder, 'bus'), { force: true })
    }
  }
}

/** A plain connection that can own a name, answer calls and send signals: the other side of what is tested. */
export interface Peer {
  readonly uniqueName: string
  call(member: string, body: readonly Argument[]): Promise<ReadMessage>
  reply(to: ReadMessage, body: readonly Argument[]): void
  fail(to: ReadMessage, errorName: string): void
  signal(
    from: { path: string; interface: string },
    member: string,
    body: readonly Argument[],
    to?: string
  ): void
  /** Bytes as they are. */
  raw(bytes: Buffer): void
  close(): Promise<void>
}

const DBUS = 'org.freedesktop.DBus'

export async function connectPeer(address: string, onCall: (call: ReadMessage) => void): Promise<Peer> {
  const path = decodeURIComponent(/unix:path=([^,]*)/.exec(address)?.[1] ?? '')
  const socket = connect({ path })
  await authenticate(socket)
  let serial = 0
  const waiting = new Map<number, (message: ReadMessage) => void>()
  let held = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (let read = readMessage(held); read !== null; read = readMessage(held)) {
      held = held.subarray(read.bytes)
      if (read.message.type === 1) onCall(read.message)
      else waiting.get(read.message.replySerial)?.(read.message)
    }
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  const send = (message: Omit<Parameters<typeof encodeMessage>[0], 'serial' | 'flags'>): number => {
    serial += 1
    socket.write(encodeMessage({ flags: 0, serial, ...message }))
    return serial
  }
  const call = (member: string, body: readonly Argument[]): Promise<ReadMessage> =>
    new Promise((answer) => {
      const own = send({
        type: 1,
        destination: DBUS,
        path: '/org/freedesktop/DBus',
        interface: DBUS,
        member,
        body
      })
      waiting.set(own, answer)
    })
  const hello = await call('Hello', [])
  return {
    uniqueName: String(hello.body[0]),
    call,
    reply: (to, body) => void send({ type: 2, replySerial: to.serial, destination: to.sender, body }),
    fail: (to, errorName) =>
      void send({
        type: 3,
        replySerial: to.serial,
        destination: to.sender,
        errorName,
        body: [{ type: 's', value: 'as asked' }]
      }),
    signal: (from, member, body, to) =>
      void send({ type: 4, ...from, member, body, ...(to === undefined ? {} : { destination: to }) }),
    raw: (bytes) => void socket.write(bytes),
    async close() {
      socket.destroy()
      await closed
    }
  }
}

function authenticate(socket: Socket): Promise<void> {
  return new Promise((done, failed) => {
    socket.once('error', failed)
    socket.once('data', () => {
      socket.write('BEGIN\r\n')
      done()
    })
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\n`)
  })
}

const NAME = 'org.freedesktop.Notifications'
const FROM = { path: '/org/freedesktop/Notifications', interface: NAME }
/** What GNOME Shell 46 says. */
export const GNOME_CAPABILITIES = ['actions', 'body', 'body-markup', 'icon-static', 'persistence', 'sound']

/** The arguments of one Notify, as they arrived. */
export interface Notified {
  readonly id: number
  readonly appName: string
  readonly replacesId: number
  readonly icon: string
  readonly summary: string
  readonly body: string
  readonly actions: readonly string[]
  readonly hints: Readonly<Record<string, unknown>>
  readonly expireTimeout: number
  readonly signature: string
}

/**
 * Stand-in for a desktop's notification server: it speaks the published interface (Desktop Notifications
 * Specification 1.2) over a real bus, and shows nothing.
 */
export interface NotificationDaemon {
  readonly peer: Peer
  readonly notified: readonly Notified[]
  /** Ids that were closed by a call, in order. */
  readonly withdrawn: readonly number[]
  /** What would be on the screen now. */
  onScreen(): readonly Notified[]
  click(id: number, action: string): void
  /** 1 expired, 2 dismissed by the user. */
  dismiss(id: number, reason?: number): void
  /** Reads on but answers nothing, until wake(). */
  hang(): void
  wake(): void
  die(): Promise<void>
}

export interface DaemonOptions {
  readonly capabilities?: readonly string[]
  /** Numbers start above it: those of another server mean nothing here. */
  readonly firstId?: number
  /** Instead of the usual answer; true: the call is dealt with. */
  readonly answer?: (peer: Peer, call: ReadMessage) => boolean
}

export async function startNotificationDaemon(
  address: string,
  options: DaemonOptions = {}
): Promise<NotificationDaemon> {
  const notified: Notified[] = []
  const withdrawn: number[] = []
  const screen = new Map<number, Notified>()
  let lastId = options.firstId ?? 0
  let held: ReadMessage[] | null = null

  const serve = (call: ReadMessage): void => {
    if (held !== null) return void held.push(call)
    if (options.answer?.(peer, call) === true) return
    if (call.member === 'GetCapabilities') {
      peer.reply(call, [{ type: 'as', value: options.capabilities ?? GNOME_CAPABILITIES }])
    } else if (call.member === 'Notify') {
      const one = notifiedOf(call, () => ++lastId)
      notified.push(one)
      screen.set(one.id, one)
      peer.reply(call, [{ type: 'u', value: one.id }])
    } else if (call.member === 'CloseNotification') {
      const id = Number(call.body[0])
      withdrawn.push(id)
      if (screen.delete(id)) peer.signal(FROM, 'NotificationClosed', numbers(id, 3))
      peer.reply(call, [])
    } else {
      peer.fail(call, 'org.freedesktop.DBus.Error.UnknownMethod')
    }
  }
  const peer = await connectPeer(address, serve)
  const owned = await peer.call('RequestName', [
    { type: 's', value: NAME },
    { type: 'u', value: 4 }
  ])
  if (owned.body[0] !== 1) throw new Error('somebody else owns the name')

  const dismiss = (id: number, reason = 2): void => {
    screen.delete(id)
    peer.signal(FROM, 'NotificationClosed', numbers(id, reason))
  }
  return {
    peer,
    notified,
    withdrawn,
    onScreen: () => [...screen.values()],
    click(id, action) {
      peer.signal(FROM, 'ActionInvoked', [
        { type: 'u', value: id },
        { type: 's', value: action }
      ])
      dismiss(id)
    },
    dismiss,
    hang() {
      held = []
    },
    wake() {
      const calls = held ?? []
      held = null
      for (const call of calls) serve(call)
    },
    die: () => peer.close()
  }
}

const numbers = (...values: readonly number[]): readonly Argument[] =>
  values.map((value) => ({ type: 'u', value }))

function notifiedOf(call: ReadMessage, newId: () => number): Notified {
  const [appName, replacesId, icon, summary, body, actions, hints, expireTimeout] = call.body
  return {
    id: Number(replacesId) === 0 ? newId() : Number(replacesId),
    appName: String(appName),
    replacesId: Number(replacesId),
    icon: String(icon),
    summary: String(summary),
    body: String(body),
    actions: (actions as unknown[]).map(String),
    hints: hints as Record<string, unknown>,
    expireTimeout: Number(expireTimeout),
    signature: call.signature
  }
}
