import { Agent as PlainAgent, request as requestPlain, type IncomingMessage } from 'node:http'
import { Agent as SafeAgent, request as requestSafe } from 'node:https'
import { isIP } from 'node:net'

/** The hub sends a large file's reader to its store, at times over another name of its own. */
const MOST_REDIRECTS = 8
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly token: string | null
  readonly signal: AbortSignal
  /** Nothing came for so long: the connection is given up. */
  readonly silenceMs: number
  /** HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as other programs read them. */
  readonly env: NodeJS.ProcessEnv
}

/** An answer's head, and who gave it in the end. */
export interface Opened {
  readonly response: IncomingMessage
  readonly host: string
  /** It came from the first address's own origin. */
  readonly isOwn: boolean
}

/** The other end, in words; `canRetry`: another try may go well. */
export class RequestFailure extends Error {
  readonly canRetry: boolean
  constructor(message: string, canRetry: boolean) {
    super(message)
    this.canRetry = canRetry
  }
}

/**
 * GET with redirects. The token goes to the first address's own origin and to no other, and over plain HTTP only within
 * this machine. Rejects with RequestFailure, or with the signal's reason once it is aborted.
 */
export async function openUrl(first: URL, options: RequestOptions): Promise<Opened> {
  const maySend = first.protocol === 'https:' || isLoopback(first.hostname)
  let url = first
  for (let step = 0; step <= MOST_REDIRECTS; step += 1) {
    const isOwn = url.origin === first.origin
    const response = await send(url, {
      ...options,
      headers: {
        'user-agent': 'firebreak',
        ...options.headers,
        ...(options.token !== null && isOwn && maySend ? { authorization: `Bearer ${options.token}` } : {})
      }
    })
    const { location } = response.headers
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined)
      return { response, host: url.host, isOwn }
    response.destroy()
    const next = URL.parse(location, url.href)
    const isWorse = url.protocol === 'https:' && next?.protocol !== 'https:'
    if (next === null || isWorse || !/^https?:$/.test(next.protocol))
      throw new RequestFailure(`${url.host} sends on to an address that is not safe.`, false)
    url = next
  }
  throw new RequestFailure(`${first.host} sends on and on.`, false)
}

function send(
  url: URL,
  { headers = {}, signal, silenceMs, env }: Omit<RequestOptions, 'token'>
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const isSafe = url.protocol === 'https:'
    // A connection of its own each time: one kept open in between may be closed by the other end unseen.
    const agent = agentFor(isSafe, env)
    // Counts from before the connection is made, and for as long as the response goes on.
    const sent = (isSafe ? requestSafe : requestPlain)(url, { agent, headers, signal, timeout: silenceMs })
    sent.on('timeout', () =>
      sent.destroy(
        new RequestFailure(`${url.host} has not answered for ${Math.round(silenceMs / 1_000)} s.`, true)
      )
    )
    sent.on('response', resolve)
    sent.on('error', (error) => {
      if (signal.aborted) reject(signal.reason)
      else if (error instanceof RequestFailure) reject(error)
      else reject(new RequestFailure(inWords(error, url), true))
    })
    sent.end()
  })
}

function agentFor(isSafe: boolean, proxyEnv: NodeJS.ProcessEnv): PlainAgent {
  try {
    return new (isSafe ? SafeAgent : PlainAgent)({ keepAlive: false, proxyEnv })
  } catch {
    // Its address may hold a password: it is not shown.
    throw new RequestFailure('HTTP_PROXY or HTTPS_PROXY is no address. Correct it or unset it.', false)
  }
}

/** What goes wrong with a response after its head: it is cut off, or silent. */
export const asFailure = (error: unknown, host: string): RequestFailure =>
  error instanceof RequestFailure ? error : new RequestFailure(`The connection to ${host} broke off.`, true)

function inWords(error: Error, { host, hostname }: URL): string {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${hostname} is not known here. Check the network connection.`
  if (code === 'ECONNREFUSED') return `Nothing answers at ${host}.`
  if (/CERT|TLS|SSL/.test(code)) return `${host} could not prove who it is (${code}).`
  return `The connection to ${host} broke off (${code || 'no reason given'}).`
}

const isLoopback = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** All of a short answer as text; rejects with RequestFailure where it is longer. */
export async function readBody(response: IncomingMessage, mostBytes: number, host: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new RequestFailure(`${host} answers with more than expected.`, false)
      chunks.push(chunk)
    }
  } catch (error) {
    throw asFailure(error, host)
  }
  return Buffer.concat(chunks).toString('utf8')
}
