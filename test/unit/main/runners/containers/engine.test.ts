import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngineClient } from '../../../../../src/main/runners/containers/engine-client.ts'
import { followLog } from '../../../../../src/main/runners/containers/follow-log.ts'
import { createContainers } from '../../../../../src/main/runners/containers/containers.ts'
import { engineSockets, findEngine } from '../../../../../src/main/runners/containers/find-engine.ts'
import { until } from '../../../../support/until.ts'

const run = promisify(execFile)

/** As Docker and Podman answer GET /version. */
const DOCKER = { Version: '29.1.2', ApiVersion: '1.52', Components: [{ Name: 'Engine' }] }
const PODMAN = { Version: '5.7.0', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] }

let dir = ''
const servers: Server[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-engine-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  rmSync(dir, { recursive: true, force: true })
})

/** A socket that answers as told; no engine is behind it. */
async function listen(answer: RequestListener): Promise<string> {
  const socket = join(dir, `${servers.length}.sock`)
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(socket, done))
  return socket
}
const saying = (body: unknown) => listen((_request, response) => response.end(JSON.stringify(body)))
const found = async (socket: string) => (await findEngine({ DOCKER_HOST: `unix://${socket}` })).report

describe('where an engine is looked for', () => {
  test('the user’s own choice alone, else the usual places', () => {
    expect(engineSockets({ DOCKER_HOST: 'unix:///x.sock' }).sockets).toEqual(['/x.sock'])
    expect(engineSockets({ XDG_RUNTIME_DIR: '/run/user/1' }).sockets).toEqual([
      '/var/run/docker.sock',
      '/run/user/1/docker.sock',
      '/run/user/1/podman/podman.sock',
      '/run/podman/podman.sock'
    ])
  })

  test('an engine of another machine is not used, and no password of its address is told', async () => {
    const { report, client } = await findEngine({ DOCKER_HOST: 'ssh://me:hunter2@far' })
    expect(client).toBeNull()
    expect(report.state).toBe('absent')
    expect(report.text).toContain('ssh://far')
    expect(report.text).not.toContain('hunter2')
  })
})

describe('what is found there', () => {
  test('Docker and Podman are told apart', async () => {
    expect(await found(await saying(DOCKER))).toMatchObject({
      state: 'ok',
      name: 'docker',
      version: '29.1.2'
    })
    expect(await found(await saying(PODMAN))).toMatchObject({ state: 'ok', name: 'podman', version: '5.7.0' })
  })

  test('nothing: what to install', async () => {
    const report = await found(join(dir, 'none.sock'))
    expect(report).toMatchObject({ state: 'absent', name: null })
    expect(report.text).toContain('Install Docker, or Podman')
  })

  test.each([
    ['no engine', { hello: 'world' }],
    ['a list', []],
    ['nothing', null]
  ])('something else that answers with %s', async (_name, body) => {
    expect(await found(await saying(body))).toMatchObject({ state: 'no-answer' })
  })

  test('broken JSON, and a file that is no socket', async () => {
    expect(await found(await listen((_request, response) => response.end('{')))).toMatchObject({
      state: 'no-answer'
    })
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect(await found(file)).toMatchObject({ state: 'no-answer' })
  })
})

describe('a call to the engine', () => {
  const TIMEOUT_MS = 200

  test('that hangs ends at its deadline', async () => {
    const client = createEngineClient(await listen(() => {}))
    expect(await client.json({ path: '/x', timeoutMs: TIMEOUT_MS })).toMatchObject({
      ok: false,
      error: { kind: 'no-answer' }
    })
  })

  test('whose answer never ends, ends at its deadline', async () => {
    const client = createEngineClient(await listen((_request, response) => void response.write('{"a":')))
    expect(await client.json({ path: '/x', timeoutMs: TIMEOUT_MS })).toMatchObject({
      ok: false,
      error: { kind: 'no-answer' }
    })
  })

  test('whose answer is a flood is cut off', async () => {
    const client = createEngineClient(
      await listen((_request, response) => {
        const more = (): void => {
          while (response.writable && response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      })
    )
    expect(await client.json({ path: '/x', timeoutMs: 20_000 })).toMatchObject({ ok: false })
  })

  test('that is given up says so', async () => {
    const client = createEngineClient(await listen(() => {}))
    const abort = AbortSignal.abort()
    expect(await client.json({ path: '/x', timeoutMs: 20_000, abort })).toMatchObject({
      ok: false,
      error: { kind: 'aborted' }
    })
  })

  test('that is refused brings the engine’s words', async () => {
    const client = createEngineClient(
      await listen((_request, response) => response.writeHead(409).end('{"message":"name in use"}'))
    )
    expect(await client.json({ path: '/x', timeoutMs: 20_000 })).toEqual({
      ok: false,
      error: { kind: 'refused', status: 409, text: 'name in use' }
    })
  })
})

const SILENT = { info: () => {}, warn: () => {}, error: () => {} }

describe('an engine in trouble', () => {
  const plan = {
    file: '',
    args: [],
    container: {
      image: 'a/b:1',
      gpus: false,
      shmBytes: 0,
      hostIpc: false,
      mounts: [],
      containerPort: 1,
      hostAddress: '127.0.0.1'
    },
    env: {},
    port: 1,
    url: '',
    modelBytes: null
  } as const
  const startAt = (socket: string, abort = new AbortController().signal) =>
    createContainers({ env: { DOCKER_HOST: `unix://${socket}` }, homeDir: dir, logger: SILENT }).start({
      id: 'x',
      mark: 'm',
      plan,
      logPath: join(dir, 'x.log'),
      abort,
      onPhase: () => {}
    })

  test('that hangs: a start ends at its deadline, with what to do', async () => {
    expect(await startAt(await listen(() => {}))).toMatchObject({
      ok: false,
      error: { code: 'timeout', message: expect.stringContaining('Restart it with') }
    })
  }, 20_000)

  test('that hangs after it was found: a start that is given up ends at once', async () => {
    const giveUp = new AbortController()
    const socket = await listen((request, response) => {
      if (request.url === '/version') response.end(JSON.stringify(DOCKER))
      else giveUp.abort()
    })
    expect(await startAt(socket, giveUp.signal)).toMatchObject({ ok: false, error: { code: 'disconnected' } })
  })

  test('that does not know the image and has no network: said with what to do', async () => {
    const socket = await listen((request, response) => {
      if (request.url === '/version') response.end(JSON.stringify(DOCKER))
      else if (request.method === 'GET') response.writeHead(404).end('{"message":"No such image"}')
      else response.writeHead(500).end('{"message":"dial tcp: lookup registry-1.docker.io: no such host"}')
    })
    expect(await startAt(socket)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('Check the network') }
    })
  })
})

describe('a flood of output', () => {
  const MIB = 1_048_576
  const FLOOD_BYTES = 100 * MIB
  /** What sockets, a pipe and the streams between them hold. */
  const MOST_HELD_BYTES = 16 * MIB
  /** Looks in a row in which nothing moved. */
  const STANDS_STILL = 20

  test('waits in the engine for the log to be written', async () => {
    const path = join(dir, 'pipe')
    await run('mkfifo', [path])
    // A log that can be opened, and takes no more than a pipe holds while nobody reads it.
    const held = openSync(path, 'r+')
    const line = Buffer.alloc(65_536, 'x')
    const header = Buffer.from([1, 0, 0, 0, 0, 1, 0, 0])
    let sentBytes = (): number => 0
    const socket = await listen((request, response) => {
      if (!(request.url ?? '').includes('/logs')) {
        response.end(JSON.stringify({ State: { Running: false, ExitCode: 0 } }))
        return
      }
      sentBytes = () => request.socket.bytesWritten - request.socket.writableLength
      let left = FLOOD_BYTES / line.length
      const more = (): void => {
        while (left > 0) {
          left -= 1
          response.write(header)
          if (!response.write(line)) return
        }
        response.end()
      }
      response.on('drain', more)
      more()
    })
    const client = createEngineClient(socket)
    const following = followLog({ client, id: 'x', path, sinceMs: null, logger: SILENT })
    let last = 0
    let still = 0
    await until('the flood to stand still', () => {
      still = sentBytes() === last && last > 0 ? still + 1 : 0
      last = sentBytes()
      return still >= STANDS_STILL
    })
    expect(last).toBeLessThan(MOST_HELD_BYTES)
    // Read at last, all of it comes.
    await run('sh', ['-c', 'head -c "$2" "$1" | wc -c', 'sh', path, String(FLOOD_BYTES)]).then(({ stdout }) =>
      expect(Number(stdout)).toBe(FLOOD_BYTES)
    )
    await following.done
    closeSync(held)
  }, 60_000)
})
