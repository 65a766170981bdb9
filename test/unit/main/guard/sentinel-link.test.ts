import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSentinelLink, type SentinelLink } from '../../../../src/main/guard/sentinel-link.ts'
import { distrustSocket } from '../../../../src/main/guard/sentinel-channel.ts'
import { boundLog } from '../../../../src/main/guard/sentinel-process.ts'
import { systemClock } from '../../../../src/main/platform/system.ts'
import type { Clock } from '../../../../src/main/platform/ports.ts'
import {
  SENTINEL_PROTOCOL,
  type FromSentinel,
  type ToSentinel,
  type Watch
} from '../../../../src/main/sentinel/protocol.ts'
import type { GuardEvent, SentinelStatus } from '../../../../src/shared/model/guard.ts'
import { isAlive, until } from '../../../support/until.ts'
import { event, GIB } from './fixtures.ts'

/** The other end of the protocol, as far as the link sees it. */
interface Peer {
  readonly heard: ToSentinel[]
  say(message: FromSentinel): void
  raw(text: string): void
  hangUp(): void
  close(): Promise<void>
  readonly connections: () => number
}

const STATUS: SentinelStatus = {
  state: 'guarding',
  pid: 77,
  rights: 'user',
  memoryLocked: false,
  priorityRaised: false,
  notes: ['a note'],
  armedIds: ['a'],
  unreachableIds: []
}
const state = (more: Partial<FromSentinel & { type: 'state' }> = {}): FromSentinel => ({
  type: 'state',
  armSequence: 1,
  availableBytes: GIB,
  watches: [{ id: 'main', level: 'calm', reasons: [], secondsToEmpty: null, ask: null, holdLaunches: false }],
  status: STATUS,
  ticks: 1,
  ...more
})

let dir = ''
const opened: SentinelLink[] = []
const peers: Peer[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-link-'))
})
afterEach(async () => {
  for (const link of opened.splice(0)) link.dispose()
  for (const peer of peers.splice(0)) await peer.close()
  rmSync(dir, { recursive: true, force: true })
})

async function peerAt(
  path: string,
  welcome: Partial<FromSentinel & { type: 'welcome' }> = {}
): Promise<Peer> {
  const heard: ToSentinel[] = []
  const sockets = new Set<Socket>()
  let count = 0
  const say = (message: FromSentinel): void => {
    for (const socket of sockets) socket.write(`${JSON.stringify(message)}\n`)
  }
  const server: Server = createServer((socket) => {
    count += 1
    sockets.add(socket)
    let pending = ''
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const lines = (pending + chunk.toString()).split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) {
        const message = JSON.parse(line) as ToSentinel
        heard.push(message)
        if (message.type === 'hello') {
          say({ type: 'welcome', protocol: SENTINEL_PROTOCOL, pid: 77, ...welcome })
        }
      }
    })
  })
  await new Promise<void>((done) => server.listen(path, done))
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const peer: Peer = {
    heard,
    say,
    hangUp,
    raw: (text) => {
      for (const socket of sockets) socket.write(text)
    },
    connections: () => count,
    close: () =>
      new Promise((done) => {
        hangUp()
        server.close(() => done())
      })
  }
  peers.push(peer)
  return peer
}

function open(more: { readonly system?: string; readonly entry?: string; readonly clock?: Clock } = {}) {
  const events: GuardEvent[] = []
  const contacts: string[] = []
  const link = createSentinelLink({
    systemSocket: more.system ?? null,
    ownSocket: join(dir, 'own.sock'),
    nodePath: process.execPath,
    entryPath: more.entry ?? join(dir, 'none.js'),
    logPath: join(dir, 'logs', 'sentinel.log'),
    env: {},
    blackBoxPath: join(dir, 'black-box.bin'),
    self: { pid: process.pid, startTicks: 5 },
    uid: process.getuid?.() ?? 0,
    clock: more.clock ?? systemClock,
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onFirstContact: () => contacts.push('first'),
    onEvent: (one) => events.push(one),
    onShrink: () => undefined,
    onChange: () => undefined
  })
  opened.push(link)
  return { link, events, contacts }
}

const watch: Watch = {
  id: 'main',
  policy: { mode: 'balanced', reserveBytes: 2, floorBytes: 1, restsAtBytes: 'unknown', answerMs: 1 },
  victims: []
}
const typesOf = (peer: Peer): readonly string[] => peer.heard.map(({ type }) => type)

describe('the link to the sentinel', () => {
  it('takes one over that an earlier core left, and says who it is before it arms', async () => {
    const peer = await peerAt(join(dir, 'own.sock'))
    const { link, contacts } = open()
    expect(link.status().state).toBe('off')
    link.arm([watch], [{ label: 'x', bytes: 1 }])
    expect(peer.heard).toEqual([])
    link.setWanted(true)
    expect(link.status().state).toBe('starting')
    await until('arming', () => typesOf(peer).includes('arm'))
    expect(contacts).toEqual(['first'])
    expect(peer.heard.slice(0, 2)).toEqual([
      {
        type: 'hello',
        protocol: SENTINEL_PROTOCOL,
        pid: process.pid,
        startTicks: 5,
        blackBoxPath: join(dir, 'black-box.bin')
      },
      { type: 'arm', sequence: 1, watches: [watch], holders: [{ label: 'x', bytes: 1 }] }
    ])
    peer.say(state())
    await until('its state', () => link.status().state === 'guarding')
    expect(link.status()).toEqual(STATUS)
    expect(link.watch('main')?.level).toBe('calm')
    expect(link.watch('drill')).toBeNull()
  })

  it('asks the installed one first', async () => {
    const system = await peerAt(join(dir, 'system.sock'))
    const own = await peerAt(join(dir, 'own.sock'))
    const { link } = open({ system: join(dir, 'system.sock') })
    link.setWanted(true)
    await until('the hello', () => typesOf(system).includes('hello'))
    expect(own.connections()).toBe(0)
  })

  it('arms anew when something changed, and now and then, not with every word', async () => {
    const peer = await peerAt(join(dir, 'own.sock'))
    let laterMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs }
    const { link } = open({ clock })
    const armings = (): readonly string[] => typesOf(peer).filter((type) => type === 'arm')
    const holds = (mib: number) => [{ label: 'x', bytes: mib * 1024 ** 2 }]
    link.arm([watch], holds(1_000))
    link.setWanted(true)
    await until('arming', () => armings().length === 1)
    for (let n = 0; n < 50; n += 1) link.arm([watch], holds(1_000 + n / 10))
    link.arm([watch], holds(1_400))
    await until('the change of a size', () => armings().length === 2)
    link.arm([{ ...watch, id: 'drill' }], holds(1_400))
    await until('the change of a watch', () => JSON.stringify(peer.heard).includes('drill'))
    expect(armings()).toHaveLength(3)
    laterMs = 5_000
    link.arm([{ ...watch, id: 'drill' }], holds(1_400))
    await until('a repetition', () => armings().length === 4)
  })

  it('hears each event once, also after a reconnection, and acknowledges all', async () => {
    const peer = await peerAt(join(dir, 'own.sock'))
    const { link, events } = open()
    link.setWanted(true)
    await until('the hello', () => typesOf(peer).includes('hello'))
    peer.say({ type: 'event', event: event('freeze', { sequence: 4 }) })
    peer.say({ type: 'event', event: event('kill', { sequence: 5 }) })
    await until('both', () => events.length === 2)
    peer.hangUp()
    await until('another hello', () => typesOf(peer).filter((type) => type === 'hello').length === 2)
    peer.say({ type: 'event', event: event('kill', { sequence: 5 }) })
    peer.say({ type: 'event', event: event('gone', { sequence: 6 }) })
    await until('the new one', () => events.length === 3)
    expect(events.map(({ kind }) => kind)).toEqual(['freeze', 'kill', 'gone'])
    await until('four acknowledgements', () => typesOf(peer).filter((type) => type === 'ack').length === 4)
  })

  it('lives through nonsense, and through a stream without an end', async () => {
    const peer = await peerAt(join(dir, 'own.sock'))
    const { link } = open()
    link.setWanted(true)
    await until('the hello', () => typesOf(peer).includes('hello'))
    peer.raw('nonsense\n{"type":"else"}\nnull\n[]\n{"type":"state"')
    peer.raw('}\n')
    peer.raw('x'.repeat(2 * 1024 * 1024))
    await until('a new connection', () => peer.connections() === 2)
  })

  it('hands answers on, and says when nobody is there', async () => {
    const { link } = open()
    expect(link.answer('main', 'a', 'stop')).toBe(false)
    const peer = await peerAt(join(dir, 'own.sock'))
    link.setWanted(true)
    await until('the welcome', () => link.pid !== null)
    expect(link.answer('main', 'a', 'stop')).toBe(true)
    await until('the answer', () => typesOf(peer).includes('answer'))
  })

  it('does not work with one of another version', async () => {
    const peer = await peerAt(join(dir, 'own.sock'), { protocol: SENTINEL_PROTOCOL + 1 })
    const { link } = open()
    link.arm([watch], [])
    link.setWanted(true)
    await until('the refusal', () => link.status().state === 'gone')
    expect(link.status().notes.join()).toContain('another version')
    expect(typesOf(peer)).not.toContain('arm')
  })

  it('says goodbye when it is no longer wanted, and can be wanted again', async () => {
    const peer = await peerAt(join(dir, 'own.sock'))
    const { link } = open()
    link.setWanted(true)
    await until('the welcome', () => link.pid !== null)
    link.setWanted(false)
    expect(link.status()).toMatchObject({ state: 'off', pid: null })
    await until('the goodbye', () => typesOf(peer).includes('bye'))
    link.setWanted(true)
    await until('the second welcome', () => link.pid !== null)
  })

  it('disarms one that was left, and starts none for it', async () => {
    const { link, contacts } = open()
    link.disarmLeft()
    await until('the look', () => contacts.length === 1)
    expect(contacts).toEqual(['first'])
    const peer = await peerAt(join(dir, 'own.sock'))
    link.disarmLeft()
    await until('the goodbye', () => typesOf(peer).includes('bye'))
    expect(typesOf(peer)).toEqual(['hello', 'arm', 'bye'])
    expect(peer.heard[1]).toMatchObject({ watches: [] })
  })

  it('disarms the installed one as well', async () => {
    const system = await peerAt(join(dir, 'system.sock'))
    const own = await peerAt(join(dir, 'own.sock'))
    const { link } = open({ system: join(dir, 'system.sock') })
    link.disarmLeft()
    await until('both goodbyes', () => [system, own].every((peer) => typesOf(peer).includes('bye')))
    expect(system.heard[1]).toMatchObject({ type: 'arm', watches: [] })
  })

  it('starts its own where there is none, in a session of its own, with a log that others cannot read', async () => {
    const entry = join(dir, 'sentinel.js')
    writeFileSync(
      entry,
      `const net = require('node:net')
const path = process.argv[process.argv.indexOf('--socket') + 1]
console.log('args', process.execArgv.join(' '))
net.createServer((s) => { s.on('error', () => {}); s.on('close', () => process.exit(0)); s.on('data', (d) => { if (String(d).includes('hello')) s.write(JSON.stringify({ type: 'welcome', protocol: ${SENTINEL_PROTOCOL}, pid: process.pid }) + '\\n') }) }).listen(path)
process.on('exit', () => require('node:fs').rmSync(path, { force: true }))`
    )
    const { link, contacts } = open({ entry })
    link.arm([watch], [])
    link.setWanted(true)
    const first = await until('the first', () => link.pid)
    expect(contacts).toEqual(['first'])
    const fields = readFileSync(`/proc/${first}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    expect(fields.slice(2, 4)).toEqual([String(first), String(first)])
    expect(statSync(join(dir, 'logs', 'sentinel.log')).mode & 0o777).toBe(0o600)
    await until('its words', () =>
      readFileSync(join(dir, 'logs', 'sentinel.log'), 'utf8').includes('max-old-space')
    )
    process.kill(first, 'SIGKILL')
    const second = await until('another', () => link.pid !== null && link.pid !== first && link.pid)
    expect(readFileSync(join(dir, 'logs', 'sentinel.log.previous'), 'utf8')).toContain('max-old-space')
    link.setWanted(false)
    await until('it to follow', () => !isAlive(second))
  })

  it('says why there is none, and goes on trying', async () => {
    const { link } = open({ entry: join(dir, 'missing.js') })
    link.setWanted(true)
    await until('the reason', () => link.status().notes.join().includes('ended with status'))
    await until('it to be given up for now', () => link.status().state === 'gone')
    const peer = await peerAt(join(dir, 'own.sock'))
    await until('the hello', () => typesOf(peer).includes('hello'))
  })

  it('trusts sockets of this user and of root alone, and nothing that is no socket', async () => {
    const path = join(dir, 'own.sock')
    expect(distrustSocket(path, 0)).toContain('not there')
    await peerAt(path)
    const { uid } = statSync(path)
    expect(distrustSocket(path, uid)).toBeNull()
    if (uid !== 0) expect(distrustSocket(path, uid + 1)).toContain('another user')
    writeFileSync(join(dir, 'file'), '')
    expect(distrustSocket(join(dir, 'file'), uid)).toContain('no socket')
  })

  it('cuts a log that grew too long', () => {
    const path = join(dir, 'log')
    writeFileSync(path, 'x'.repeat(2 * 1024 * 1024))
    boundLog(path)
    expect(statSync(path).size).toBe(0)
    writeFileSync(path, 'short')
    boundLog(path)
    expect(readFileSync(path, 'utf8')).toBe('short')
    boundLog(join(dir, 'none'))
  })
})
