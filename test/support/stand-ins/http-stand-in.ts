import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer: status, and a text or anything that becomes JSON. */
export type Reply = readonly [status: number, body?: unknown]
/** Routes by 'METHOD /path'; the query is left out. */
export type Routes = Readonly<Record<string, (body: unknown, query: URLSearchParams) => Reply>>

export interface StandIn {
  readonly url: string
  readonly port: number
  /** 'METHOD /path?query' in the order they came. */
  readonly asked: readonly string[]
  close(): Promise<void>
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

async function reply(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in')
  const text = await textOf(request)
  const route = routes[`${request.method} ${pathname}`]
  const [status, body] =
    route === undefined
      ? ([404, { detail: 'Not Found' }] as const)
      : route(text === '' ? null : JSON.parse(text), searchParams)
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
  response.end(body === undefined ? '' : isText ? body : JSON.stringify(body))
}

/** Serves these routes; anything else is FastAPI's 404. */
export async function standIn(
  routes: Routes,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {}
): Promise<StandIn> {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    void reply(routes, request, response)
  })
  await new Promise<void>((done) => server.listen(port, host, done))
  const listening = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    asked,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      })
  }
}

/** The value after an option, as the real programs take it. */
export const optionOf = (args: readonly string[], name: string): string | undefined => {
  const at = args.indexOf(name)
  return at < 0 ? undefined : args[at + 1]
}

/** What a stand-in needs to be a process: it loads in words, then serves until it is ended. */
export async function serveAsProgram(
  args: readonly string[],
  defaultPort: number,
  routes: Routes,
  loading: readonly string[]
): Promise<void> {
  for (const line of loading) console.log(line)
  const host = optionOf(args, '--host')
  const port = Number(optionOf(args, '--port') ?? defaultPort)
  await standIn(routes, { port, ...(host === undefined ? {} : { host }) })
  console.log(`serving at ${host}:${port}`)
}
