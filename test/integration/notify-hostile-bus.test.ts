import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNotifier } from '../../src/main/notify/notifier.ts'
import type { Notifier } from '../../src/main/notify/types.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { encodeMessage } from '../../src/main/notify/message-encode.ts'
import { until } from '../support/until.ts'

// Stand-ins for a message bus that is broken in one way each; what a real one does is in notify.test.ts.

let folder: string
let address: string
let server: Server
let notifier: Notifier
let log: string[]
let sockets: Socket[]
let play: (socket: Socket) => void

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-bus-'))
  address = `unix:path=${join(folder, 'bus')}`
  log = []
  sockets = []
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    sockets.push(socket)
    socket.resume()
    play(socket)
  })
  await new Promise<void>((done) => server.listen(join(folder, 'bus'), done))
  notifier = createNotifier({
    sessionBusAddress: () => address,
    uid: process.getuid!(),
    clock: systemClock,
    logger: {
      info: (message) => void log.push(message),
      warn: (message) => void log.push(message),
      error: (message) => void log.push(message)
    }
  })
})

afterEach(async () => {
  notifier.dispose()
  for (const socket of sockets) socket.destroy()
  await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true, force: true })
})

const show = (id = 'ask'): void =>
  notifier.show({
    id,
    urgency: 'normal',
    title: 'Memory is running out',
    body: '',
    actions: [],
    stays: true,
    onAction: () => undefined,
    onClosed: () => undefined
  })

/** Lets everybody in, then sends `bytes`. */
const afterLogin =
  (bytes: Buffer | null) =>
  (socket: Socket): void => {
    socket.once('data', () => {
      socket.write('OK 0123456789abcdef0123456789abcdef\r\n')
      if (bytes === null) return
      socket.once('data', () => socket.write(bytes))
    })
  }

const hello = encodeMessage({
  type: 2,
  flags: 0,
  serial: 1,
  replySerial: 1,
  body: [{ type: 's', value: ':1.7' }]
})

/** A header that promises more than any message may have. */
const absurd = Buffer.from(hello)
absurd.writeUInt32LE(0xfffffff0, 4)

/** A header that promises 100 MiB, which never come. */
const endless = Buffer.from(hello)
endless.writeUInt32LE(100 * 1_048_576, 4)

it('an abstract socket and the second of two addresses are reached', async () => {
  const name = `firebreak-test-${process.pid}`
  address = `tcp:host=localhost,port=1;unix:path=${join(folder, 'none')};unix:abstract=${name},guid=00`
  let said = ''
  const abstract = createServer((socket) => {
    sockets.push(socket)
    socket.once('data', (chunk) => (said += chunk.toString()))
  })
  await new Promise<void>((done) => abstract.listen(`\0${name}`, done))
  show()
  await until('the login', () => said !== '')
  expect(said).toBe(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid!())).toString('hex')}\r\n`)
  notifier.dispose()
  for (const socket of sockets) socket.destroy()
  await new Promise((done) => abstract.close(done))
})

describe('a broken bus', () => {
  const cases: readonly [string, (socket: Socket) => void, string][] = [
    ['closes at once', (socket) => void socket.end(), 'the message bus closed the connection'],
    [
      'accepts nobody',
      (socket) => void socket.once('data', () => socket.write('REJECTED EXTERNAL\r\n')),
      'the message bus does not accept this user'
    ],
    [
      'talks without end before the login',
      (socket) => void socket.once('data', () => socket.write('x'.repeat(100_000))),
      'the message bus does not accept this user'
    ],
    ['says nothing', () => undefined, 'the message bus does not answer'],
    ['lets in and says nothing', afterLogin(null), 'the message bus does not answer'],
    [
      'sends what is no message',
      afterLogin(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'the message bus sent what is no message'
    ],
    ['promises 4 GiB', afterLogin(absurd), 'the message bus sent what is no message'],
    [
      'promises 100 MiB and sends the half',
      afterLogin(Buffer.concat([endless, Buffer.alloc(2 * 1_048_576)])),
      'the message bus does not answer'
    ],
    [
      'greets and then sends what is no message',
      afterLogin(Buffer.concat([hello, Buffer.from('l\x04\x01\x09'.repeat(20))])),
      'the message bus sent what is no message'
    ]
  ]

  it.each(cases)('that %s is one line in the log, and is tried again', async (_what, how, line) => {
    play = how
    show()
    await until('the line', () => log.length > 0)
    show()
    await until('the next try', () => sockets.length > 1)
    expect(log).toEqual([`desktop notifications: ${line}`])
    notifier.dispose()
    await until('every connection closed', () => sockets.slice(0, -1).every((socket) => socket.destroyed))
  })

  it('that lets in but reads nothing more does not fill the core’s memory', async () => {
    play = (socket) => {
      socket.once('data', () => {
        socket.write('OK 0123456789abcdef0123456789abcdef\r\n')
        socket.once('data', () => {
          socket.write(hello)
          socket.pause()
        })
      })
    }
    // Sixteen at a time, each withdrawn by the next: every one is a message that nobody reads.
    const flood = (): boolean => {
      for (let n = 0; n < 500; n++) show(`news ${n}`)
      return log.some((line) => line.includes('the message bus'))
    }
    await until('the end of it', flood)
    expect(sockets.length).toBeGreaterThan(0)
  })
})
