import { mkdirSync, statSync, symlinkSync, writeFileSync, chmodSync, readFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders } from 'node:http'
import { createServer, connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { CONTENT_SECURITY_POLICY } from '../../src/shared/contract/content-security-policy.ts'
import { MAX_FILE_REQUEST_BYTES } from '../../src/shared/contract/wire.ts'
import { createWebHost, type WebHost } from '../../src/main/web/host.ts'
import { MAX_CLIENTS } from '../../src/main/web/upgrade.ts'
import { createFakeCore } from '../support/fake-core.ts'
import { removeFolder, temporaryFolder } from '../support/wires.ts'

const core = createFakeCore()
const folder = temporaryFolder()
const rendererDir = join(folder, 'renderer')
const runtimeDir = join(folder, 'run')
let host: WebHost
let port = 0
let token = ''

beforeAll(async () => {
  mkdirSync(join(rendererDir, 'assets'), { recursive: true })
  writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Firebreak</title>')
  writeFileSync(join(rendererDir, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(rendererDir, 'link.txt'))
  symlinkSync(folder, join(rendererDir, 'up'))
  host = createWebHost({ endpoint: core.endpoint, rendererDir, runtimeDir, logger: core.logger })
  const opened = await host.open(0)
  if (!opened.ok) throw new Error(opened.error.message)
  port = opened.value.port
  token = new URL(opened.value.url).hash.slice('#token='.length)
})
afterAll(() => {
  host.dispose()
  removeFolder(folder)
  expect(core.logger.errors).toEqual([])
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** node:http sends the path as it is, where fetch would tidy it up. */
function ask(path: string, options: { method?: string; host?: string; body?: string } = {}): Promise<Answer> {
  return new Promise((settle, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        agent: false,
        headers: { host: options.host ?? `127.0.0.1:${port}` }
      },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () =>
          settle({ status: response.statusCode ?? 0, headers: response.headers, body })
        )
      }
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

/** The status of the refusal, or 'open'. */
function knock(
  options: {
    path?: string
    host?: string
    origin?: string | null
    protocols?: string[]
    keep?: WebSocket[]
  } = {}
): Promise<number | 'open'> {
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}${options.path ?? '/ws'}`,
    options.protocols ?? ['firebreak.v1', `token.${token}`],
    {
      headers: {
        host: options.host ?? `127.0.0.1:${port}`,
        ...(options.origin === null ? {} : { origin: options.origin ?? `http://127.0.0.1:${port}` })
      }
    }
  )
  return new Promise((settle) => {
    socket.once('unexpected-response', (_request, response) => {
      response.resume()
      settle(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.on('error', () => undefined)
    socket.once('open', () => {
      if (options.keep) options.keep.push(socket)
      else socket.terminate()
      settle('open')
    })
  })
}

describe('files', () => {
  it('are served with every safety header, and the page is never kept', async () => {
    const page = await ask('/')
    expect(page.status).toBe(200)
    expect(page.body).toContain('<title>Firebreak')
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin'
    })
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
    const script = await ask('/assets/index-abc.js?x=1')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.headers['cache-control']).toContain('immutable')
  })

  it('answer HEAD without a body and nothing but GET and HEAD', async () => {
    const head = await ask('/', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, body: '' })
    expect(Number(head.headers['content-length'])).toBeGreaterThan(10)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await ask('/', { method, body: method === 'OPTIONS' ? '' : 'x' })
      expect(refused.status).toBe(405)
      expect(refused.headers.allow).toBe('GET, HEAD')
    }
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/..\\secret.txt',
    '/..%5csecret.txt',
    '/link.txt',
    '/up/secret.txt',
    '/index.html%00.js',
    '/%',
    '//etc/passwd',
    '/assets',
    '/web.token',
    '/../run/web.token'
  ])('outside the renderer are not found: %s', async (path) => {
    const answer = await ask(path)
    expect(answer.status).toBe(404)
    expect(answer.body).not.toContain('secret')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  it.each(['evil.example', `evil.example:9`, '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1'])(
    'are refused under the name %s (DNS rebinding)',
    async (name) => {
      expect((await ask('/', { host: name })).status).toBe(403)
    }
  )

  it.each(['localhost:1234', '127.0.0.1:80', '[::1]:9', 'localhost', 'LOCALHOST:5'])(
    'are served under the name %s (an SSH tunnel maps ports)',
    async (name) => {
      expect((await ask('/', { host: name })).status).toBe(200)
    }
  )

  it('are not served to a request without a Host', async () => {
    const socket = connectTcp(port, '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => (said += chunk.toString()))
    socket.write('GET / HTTP/1.0\r\n\r\n')
    await new Promise((done) => socket.once('close', done))
    expect(said).toMatch(/^HTTP\/1\.1 (400|403) /)
  })
})

describe('the WebSocket', () => {
  it.each([
    ['no token', { protocols: ['firebreak.v1'] }, 401],
    ['a wrong token', { protocols: ['firebreak.v1', `token.${'A'.repeat(43)}`] }, 401],
    ['an empty token', { protocols: ['firebreak.v1', 'token.'] }, 401],
    ['no subprotocol at all', { protocols: [] as string[] }, 401],
    ['another Host', { host: 'evil.example' }, 403],
    ['another Origin', { origin: 'http://evil.example' }, 403],
    ['the Origin of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['the Origin of a file', { origin: 'null' }, 403],
    ['no Origin', { origin: null }, 403],
    ['another path', { path: '/ws/x' }, 404]
  ])('does not open with %s', async (_what, options, status) => {
    expect(await knock(options)).toBe(status)
  })

  it('does not open with the token but without the protocol', async () => {
    expect(await knock({ protocols: [`token.${token}`] })).toBe(401)
  })

  it('opens through a tunnel that maps the port, and speaks only the subprotocol', async () => {
    const keep: WebSocket[] = []
    expect(await knock({ host: 'localhost:4000', origin: 'http://localhost:4000', keep })).toBe('open')
    expect(keep[0]?.protocol).toBe('firebreak.v1')
    expect(keep[0]?.extensions).toBe('')
    keep[0]?.terminate()
  })

  it('closes with 1009 on a message that is too large', async () => {
    const keep: WebSocket[] = []
    await knock({ keep })
    const [socket] = keep
    const code = await new Promise((settle) => {
      socket?.once('close', settle)
      socket?.send('x'.repeat(MAX_FILE_REQUEST_BYTES + 1))
    })
    expect(code).toBe(1009)
  })

  it('answers a binary message with an error', async () => {
    const keep: WebSocket[] = []
    await knock({ keep })
    const [socket] = keep
    const said = await new Promise((settle) => {
      socket?.once('message', (data) => settle(String(data)))
      socket?.send(Buffer.from([1, 2, 3]))
    })
    expect(JSON.parse(String(said))).toMatchObject({ ok: false, error: { code: 'bad-request' } })
    socket?.terminate()
  })

  it(`takes ${MAX_CLIENTS} clients and no more, and room comes back`, async () => {
    const keep: WebSocket[] = []
    // Earlier clients may still be on their way out.
    await expect.poll(() => knock({ keep }).then(() => keep.length), { timeout: 5_000 }).toBe(MAX_CLIENTS)
    expect(await knock()).toBe(503)
    keep.pop()?.terminate()
    await expect.poll(() => knock()).toBe('open')
    for (const socket of keep) socket.terminate()
  })
})

describe('opening', () => {
  it('listens on loopback only and keeps the token to the user', () => {
    expect(statSync(join(runtimeDir, 'web.token')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(runtimeDir, 'web.token'), 'utf8')).toBe(token)
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(runtimeDir).mode & 0o777).toBe(0o700)
  })

  it('says what to do when the port is taken, and works with another one', async () => {
    const blocker = createServer()
    await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done))
    const taken = (blocker.address() as { port: number }).port
    const second = createWebHost({ endpoint: core.endpoint, rendererDir, runtimeDir, logger: core.logger })
    const refused = await second.open(taken)
    expect(refused).toMatchObject({ ok: false, error: { code: 'port-in-use' } })
    if (!refused.ok) expect(refused.error.message).toContain('--port')
    const opened = await second.open(0)
    expect(opened).toMatchObject({ ok: true })
    if (opened.ok) expect(opened.value.url).toContain(token)
    second.dispose()
    await new Promise((done) => blocker.close(done))
  })

  it('opens a further port beside the first, for the end of a tunnel', async () => {
    const blocker = createServer()
    await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done))
    const free = (blocker.address() as { port: number }).port
    await new Promise((done) => blocker.close(done))
    const second = createWebHost({ endpoint: core.endpoint, rendererDir, runtimeDir, logger: core.logger })
    const [any, wanted, again, default_] = [
      await second.open(0),
      await second.open(free),
      await second.open(free),
      await second.open()
    ]
    expect(wanted).toMatchObject({ ok: true, value: { port: free } })
    expect(again).toEqual(wanted)
    expect(default_).toEqual(any)
    for (const one of [any, wanted]) {
      if (!one.ok) throw new Error(one.error.message)
      expect((await fetch(one.value.url)).status).toBe(200)
    }
    second.dispose()
  })

  it('replaces a token that others could have read, or that is none', async () => {
    for (const spoil of [
      (path: string) => chmodSync(path, 0o644),
      (path: string) => writeFileSync(path, 'short')
    ]) {
      spoil(join(runtimeDir, 'web.token'))
      const second = createWebHost({ endpoint: core.endpoint, rendererDir, runtimeDir, logger: core.logger })
      const opened = await second.open(0)
      second.dispose()
      expect(opened.ok && opened.value.url.endsWith(token)).toBe(false)
      expect(statSync(join(runtimeDir, 'web.token')).mode & 0o777).toBe(0o600)
    }
  })

  it('leaves nothing behind when it is disposed while it opens', async () => {
    const second = createWebHost({ endpoint: core.endpoint, rendererDir, runtimeDir, logger: core.logger })
    const opening = second.open(0)
    second.dispose()
    const opened = await opening
    if (!opened.ok) throw new Error(opened.error.message)
    await expect(fetch(opened.value.url)).rejects.toThrow()
  })
})

describe('handing over to a browser', () => {
  it('redirects once to the address with the token, only under a loopback name', async () => {
    const path = (): string => new URL(host.singleUseUrl() ?? '').pathname
    const used = path()
    expect(await ask(used)).toMatchObject({ status: 302, headers: { location: `/#token=${token}` } })
    expect((await ask(used)).status).toBe(404)
    expect((await ask(path(), { host: 'evil.example' })).status).toBe(403)
    expect((await ask('/open/guess')).status).toBe(404)
  })
})
