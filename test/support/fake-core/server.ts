// Serves the built renderer over a made-up core, to look at states that are hard to reach:
//   node test/support/fake-core/server.ts [PORT]   then open http://127.0.0.1:PORT/#token=SCENARIO[_dark|_light]
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { WebSocketServer } from 'ws'
import { fakeCore } from './core.ts'
import { ALL_SCENARIOS } from './all-scenarios.ts'
import type { Scenario } from './scenarios.ts'

/** The policy of the product, so that a violation shows here too. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml'
}

const TICK_MS = 1000

/** How long the 'lost' scenario keeps its connection, in ms. */
const DROP_AFTER_MS = 1500

/** `tickMs` shorter than a second makes its clock run faster: between two ticks there is always a second. */
export function serveFakeCore(rendererDir: string, port: number, tickMs: number = TICK_MS): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname)
    const file = join(rendererDir, path === '/' ? 'index.html' : path)
    try {
      const body = readFileSync(file)
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.setHeader('content-security-policy', CSP)
      response.end(body)
    } catch {
      response.statusCode = 404
      response.end()
    }
  })
  const sockets = new WebSocketServer({ server, path: '/ws', handleProtocols: () => 'firebreak.v1' })
  const dropped = new Set<string>()
  sockets.on('connection', (socket, request) => {
    const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/)
    const token = offered.find((one) => one.startsWith('token.'))?.slice('token.'.length) ?? 'calm'
    const [name = 'calm', theme = 'system'] = token.split('_')
    const scenario: Scenario = Object.hasOwn(ALL_SCENARIOS, name)
      ? ALL_SCENARIOS[name as keyof typeof ALL_SCENARIOS]
      : ALL_SCENARIOS.calm
    if (dropped.has(token)) return socket.terminate()
    const beganMs = Date.now()
    const clock = (): number => beganMs + ((Date.now() - beganMs) * TICK_MS) / tickMs
    const core = fakeCore(scenario, theme === 'dark' || theme === 'light' ? theme : 'system', clock)
    const tell = (): void => {
      for (const event of core.news()) socket.send(JSON.stringify(event))
    }
    socket.on('message', (data) => {
      void core.request(JSON.parse(String(data))).then((reply) => {
        socket.send(JSON.stringify(reply))
        tell()
      })
      tell()
    })
    const timer = setInterval(() => {
      socket.send(JSON.stringify(core.tick()))
      socket.send(JSON.stringify(core.logLine()))
      tell()
    }, tickMs)
    const drop = setTimeout(() => {
      if (scenario.drops !== true) return
      dropped.add(token)
      socket.terminate()
    }, DROP_AFTER_MS)
    socket.on('close', () => {
      clearInterval(timer)
      clearTimeout(drop)
    })
    return undefined
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 4747)
  await serveFakeCore(join(import.meta.dirname, '../../../out/renderer'), port)
  console.log(
    Object.keys(ALL_SCENARIOS)
      .map((name) => `http://127.0.0.1:${port}/#token=${name}`)
      .join('\n')
  )
}
