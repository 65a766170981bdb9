import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createConnection } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../src/shared/contract/client.ts'
import { MAX_FILE_REQUEST_BYTES, MAX_REQUEST_BYTES } from '../../src/shared/contract/wire.ts'
import { connectControlSocket } from '../../src/main/transport/control-client.ts'
import { listenControlSocket, type ControlServer } from '../../src/main/transport/control-server.ts'
import { createRemoteEndpoint } from '../../src/main/transport/remote-endpoint.ts'
import { createFakeCore, quietLogger, sampleRunner, VALID_EVENTS } from '../support/fake-core.ts'
import { until } from '../support/until.ts'
import { removeFolder, temporaryFolder } from '../support/wires.ts'

const ENTRY = resolve(import.meta.dirname, '../support/core-process.ts')

interface Contender {
  readonly child: ChildProcess
  /** Resolves when its modules are loaded: from then on it can start at once. */
  readonly ready: Promise<void>
  /** Lets it try to be the core; 'core', 'in-use' or what stopped it. */
  go(): Promise<string>
  end(): Promise<void>
}

function contend(runtimeDir: string): Contender {
  const child = spawn(process.execPath, [ENTRY, runtimeDir], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const lines = (count: number): Promise<string> =>
    until(
      `line ${count} of a contender`,
      () => said.split('\n')[count] !== undefined && said.split('\n')[count - 1]
    )
  return {
    child,
    ready: lines(1).then(() => undefined),
    go() {
      child.stdin.write('go')
      return lines(2)
    },
    end() {
      child.kill('SIGKILL')
      return ended
    }
  }
}

const folders: string[] = []
const folder = (): string => {
  const path = temporaryFolder()
  folders.push(path)
  return path
}
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).toReversed()) await each()
  for (const each of folders.splice(0)) removeFolder(each)
})

async function become(runtimeDir: string, core = createFakeCore()): Promise<ControlServer> {
  const server = await listenControlSocket({ runtimeDir, endpoint: core.endpoint, logger: core.logger })
  if (!server.ok) throw new Error(JSON.stringify(server.error))
  cleanUp.push(() => server.value.dispose())
  return server.value
}

describe('one core per user', () => {
  it('is one of eight that start at once, and after its sudden death one of eight again', async () => {
    const runtimeDir = join(folder(), 'run')
    let killed: Contender | undefined
    for (let round = 0; round < 3; round += 1) {
      const contenders = Array.from({ length: 8 }, () => contend(runtimeDir))
      cleanUp.push(() => Promise.all(contenders.map((one) => one.end())))
      await Promise.all(contenders.map((one) => one.ready))
      const verdicts = await Promise.all(contenders.map((one) => one.go()))
      expect(verdicts.toSorted()).toEqual(['core', ...Array.from({ length: 7 }, () => 'in-use')])
      const winner = contenders[verdicts.indexOf('core')]
      const link = await connectControlSocket(runtimeDir)
      expect(link.ok).toBe(true)
      if (link.ok) {
        const hello = await createClient(link.value).call('app.hello', {})
        expect(hello).toMatchObject({ ok: true, value: { pid: winner?.child.pid } })
        link.value.dispose()
      }
      await winner?.end()
      killed = winner
      expect(existsSync(join(runtimeDir, 'control.sock'))).toBe(true)
    }
    expect(killed?.child.signalCode).toBe('SIGKILL')
  })

  it('is never displaced while it is frozen', async () => {
    const runtimeDir = folder()
    const core = contend(runtimeDir)
    cleanUp.push(() => core.end())
    await core.ready
    expect(await core.go()).toBe('core')
    core.child.kill('SIGSTOP')
    const second = await listenControlSocket({ runtimeDir, ...createFakeCore() })
    expect(second).toEqual({ ok: false, error: { kind: 'in-use' } })
    core.child.kill('SIGCONT')
    const link = await connectControlSocket(runtimeDir)
    if (!link.ok) throw new Error(link.error.message)
    cleanUp.push(() => link.value.dispose())
    expect(await createClient(link.value).call('app.hello', {})).toMatchObject({ ok: true })
  })

  it('leaves room for the next one when it ends', async () => {
    const runtimeDir = folder()
    const first = await become(runtimeDir)
    first.dispose()
    await become(runtimeDir)
  })

  it('does not wait for ever for a start that does not get on', async () => {
    const runtimeDir = folder()
    const { acquireStartLock } = await import('../../src/main/transport/start-lock.ts')
    const held = await acquireStartLock(runtimeDir)
    cleanUp.push(() => held?.dispose())
    expect(await acquireStartLock(runtimeDir, 60)).toBeNull()
    held?.dispose()
    const next = await acquireStartLock(runtimeDir)
    expect(next).not.toBeNull()
    next?.dispose()
  })
})

describe('a socket that somebody removes', () => {
  const answers = async (runtimeDir: string): Promise<boolean> => {
    const link = await connectControlSocket(runtimeDir)
    if (link.ok) link.value.dispose()
    return link.ok
  }

  it('is made anew, with its folder', async () => {
    const runtimeDir = join(folder(), 'run')
    const server = await become(runtimeDir)
    removeFolder(runtimeDir)
    await until('the socket to be back', () => answers(runtimeDir))
    expect(statSync(server.path).mode & 0o777).toBe(0o600)
    server.dispose()
    expect(await answers(runtimeDir)).toBe(false)
  })

  it('is never taken away from a successor by an older core that ends', async () => {
    const runtimeDir = folder()
    const older = await become(runtimeDir)
    rmSync(older.path)
    const successor = await become(runtimeDir)
    older.dispose()
    expect(await answers(runtimeDir)).toBe(true)
    successor.dispose()
  })
})

describe('the lock of the core', () => {
  it('is held for a data folder until it is let go, whatever its runtime folder', async () => {
    const { acquireCoreLock } = await import('../../src/main/transport/start-lock.ts')
    const [one, other] = [folder(), folder()]
    const held = await acquireCoreLock(one)
    expect(await acquireCoreLock(one)).toBeNull()
    const beside = await acquireCoreLock(other)
    expect(beside).not.toBeNull()
    beside?.dispose()
    held?.dispose()
    const next = await acquireCoreLock(one)
    expect(next).not.toBeNull()
    next?.dispose()
  })
})

describe('the socket and its folder', () => {
  it('belong to the user alone, whatever the umask', async () => {
    const runtimeDir = join(folder(), 'a', 'b')
    const before = process.umask(0)
    try {
      const { path } = await become(runtimeDir)
      expect(lstatSync(path).mode & 0o777).toBe(0o600)
      expect(lstatSync(runtimeDir).mode & 0o777).toBe(0o700)
    } finally {
      process.umask(before)
    }
  })

  it.each([
    ['that others may write to', (path: string) => (mkdirSync(path), chmodSync(path, 0o777))],
    ['that is a file', (path: string) => writeFileSync(path, '')],
    ['that is a link', (path: string) => symlinkSync('/tmp', path)]
  ])('refuse a folder %s and say what to do', async (_what, make) => {
    const path = join(folder(), 'run')
    make(path)
    const server = await listenControlSocket({ runtimeDir: path, ...createFakeCore() })
    expect(server).toMatchObject({ ok: false, error: { kind: 'refused' } })
    if (!server.ok && server.error.kind === 'refused') {
      expect(server.error.message).toContain('FIREBREAK_RUNTIME_DIR')
    }
  })

  it('refuse a path that does not fit a socket address', async () => {
    const server = await listenControlSocket({ runtimeDir: `/tmp/${'x'.repeat(200)}`, ...createFakeCore() })
    expect(server).toMatchObject({ ok: false, error: { kind: 'refused' } })
  })

  it('replace a plain file that lies in the socket’s place', async () => {
    const runtimeDir = folder()
    chmodSync(runtimeDir, 0o700)
    writeFileSync(join(runtimeDir, 'control.sock'), 'left over')
    await become(runtimeDir)
  })
})

describe('a client of the socket', () => {
  it('is told in words when there is no core', async () => {
    for (const place of [folder(), join(folder(), 'none')]) {
      const link = await connectControlSocket(place)
      expect(link).toMatchObject({ ok: false, error: { code: 'disconnected' } })
      if (!link.ok) expect(link.error.message).toContain('npm start')
    }
  })

  it('gets an error reply and is let go when a message is too large', async () => {
    const runtimeDir = folder()
    const { path } = await become(runtimeDir)
    const socket = createConnection({ path })
    let said = ''
    socket.on('data', (chunk) => (said += chunk.toString()))
    socket.on('error', () => undefined)
    const closed = new Promise((done) => socket.once('close', done))
    socket.write('x'.repeat(MAX_FILE_REQUEST_BYTES + 1))
    await closed
    expect(JSON.parse(said)).toMatchObject({ id: -1, ok: false, error: { code: 'payload-too-large' } })
  })

  it('does not send what is too large, and is told so', async () => {
    const runtimeDir = folder()
    await become(runtimeDir)
    const link = await connectControlSocket(runtimeDir)
    if (!link.ok) throw new Error(link.error.message)
    cleanUp.push(() => link.value.dispose())
    const client = createClient(link.value)
    const target = 'x'.repeat(MAX_REQUEST_BYTES)
    expect(await client.call('runners.start', { target })).toMatchObject({
      ok: false,
      error: { code: 'payload-too-large' }
    })
    expect(await client.call('app.hello', {})).toMatchObject({ ok: true })
  })

  it('gets bytes that are no UTF-8 refused and may go on', async () => {
    const { path } = await become(folder())
    const socket = createConnection({ path })
    cleanUp.push(() => socket.destroy())
    let said = ''
    socket.on('data', (chunk) => (said += chunk.toString()))
    socket.write(Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]))
    socket.write('{"v":1,"id":3,"command":"app.hello","input":{}}\n')
    await vi.waitFor(() => expect(said.trim().split('\n')).toHaveLength(2))
    expect(said).toContain('not UTF-8')
    expect(said).toContain('"id":3,"ok":true')
  })

  it('that asks without reading is not answered without bound, and is answered in full when it reads', async () => {
    const big = 'x'.repeat(100_000)
    let running = 0
    const core = createFakeCore({
      'runners.log': async () => {
        running += 1
        return { ok: true, value: { text: big, fromOffset: 0, nextOffset: 0 } }
      }
    })
    const { path } = await become(folder(), core)
    const socket = createConnection({ path })
    cleanUp.push(() => socket.destroy())
    await new Promise((done) => socket.once('connect', done))
    socket.pause()
    const asked = 1_000
    for (let id = 1; id <= asked; id += 1) {
      const input = { id: 'tiny', offset: 0, maxBytes: 9 }
      socket.write(`${JSON.stringify({ v: 1, id, command: 'runners.log', input })}\n`)
    }
    let before = -1
    await until('the core to hold back', () => {
      const still = running === before && running > 0
      before = running
      return still
    })
    expect(running).toBeLessThan(asked / 4)
    let replies = 0
    socket.on('data', (chunk) => {
      for (const byte of chunk) if (byte === 0x0a) replies += 1
    })
    socket.resume()
    await until('all replies', () => replies === asked)
  })
})

describe('a slow client', () => {
  it('misses live ticks, keeps its replies, and is let go when it does not read at all', async () => {
    const { serveConnection, SLOW_CLIENT_BYTES, STUCK_CLIENT_BYTES } =
      await import('../../src/main/transport/connection.ts')
    const core = createFakeCore()
    const wire = { buffered: 0, written: [] as string[], closed: false }
    const connection = serveConnection(
      core.endpoint,
      {
        write: (text, flushed) => {
          wire.written.push(text)
          flushed()
        },
        bufferedBytes: () => wire.buffered,
        pause: () => undefined,
        resume: () => undefined,
        close: () => {
          wire.closed = true
        }
      },
      core.logger
    )
    const say = (command: string, input: object): void =>
      connection.receive(JSON.stringify({ v: 1, id: 1, command, input }))
    say('events.subscribe', { events: ['live', 'runner'] })
    await until('the reply', () => wire.written.length === 1)
    core.emit('live', VALID_EVENTS.live)
    expect(wire.written).toHaveLength(2)
    wire.buffered = SLOW_CLIENT_BYTES + 1
    core.emit('live', VALID_EVENTS.live)
    expect(wire.written).toHaveLength(2)
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    say('app.hello', {})
    await until('the reply', () => wire.written.length === 4)
    wire.buffered = STUCK_CLIENT_BYTES + 1
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    expect(wire.closed).toBe(true)
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    expect(wire.written).toHaveLength(4)
    connection.dispose()
    expect(core.listenerCount()).toBe(0)
  })
})

describe('a second composition', () => {
  it('shows the running core, says when it ends, and takes its subscriptions to the next one', async () => {
    const runtimeDir = folder()
    const first = createFakeCore()
    const server = await become(runtimeDir, first)
    const remote = createRemoteEndpoint({ runtimeDir, logger: quietLogger() })
    cleanUp.push(() => remote.dispose())
    const events: unknown[] = []
    const session = remote.connect((event) => events.push(event))
    const ask = (id: number, command: string, input: unknown): Promise<unknown> =>
      session.request({ v: 1, id, command, input })

    expect(await ask(70, 'app.hello', {})).toMatchObject({ id: 70, ok: true })
    expect(await ask(71, 'events.subscribe', { events: ['runner'] })).toMatchObject({ id: 71, ok: true })
    expect(await session.request('garbage')).toMatchObject({ id: -1, error: { code: 'bad-request' } })
    expect(await ask(72, 'no.such', {})).toMatchObject({ id: 72, error: { code: 'unknown-command' } })
    first.emit('runner', sampleRunner('tiny', 'ready') as never)
    await until('the event', () => events.length === 1)

    server.dispose()
    await until('the core to be missed', async () => {
      const reply = (await ask(73, 'app.hello', {})) as { ok: boolean; error?: { code: string } }
      return !reply.ok && reply.error?.code === 'disconnected'
    })
    const second = createFakeCore()
    await become(runtimeDir, second)
    // Nobody asks for anything: a page that only listens must come back too.
    await until('the subscription', () => second.listenerCount() === 1)
    expect(await ask(74, 'app.hello', {})).toMatchObject({ id: 74, ok: true })
    second.emit('runner', sampleRunner('tiny', 'ready') as never)
    await until('the event', () => events.length === 2)

    session.dispose()
    await until('the subscription to end', () => second.listenerCount() === 0)
    expect(await ask(75, 'app.hello', {})).toMatchObject({ error: { code: 'disconnected' } })
  })
})
