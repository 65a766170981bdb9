import { request } from 'node:http'

/** Nothing a runner answers to these questions is larger; a log or page sent by mistake is cut off. */
const MOST_BYTES = 1024 * 1024

export interface Answer {
  readonly status: number
  readonly text: string
}

/**
 * One HTTP exchange, bounded in time and size; null where nothing answers in time. Never throws.
 *
 * A connection of its own each time: none is kept open to a runner, which may be stopped at any moment.
 */
export function exchange(
  url: string,
  timeoutMs: number,
  options: { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly body?: unknown } = {}
): Promise<Answer | null> {
  const body = options.body === undefined ? null : Buffer.from(JSON.stringify(options.body))
  return new Promise((settle) => {
    const sent = request(
      url,
      {
        method: options.method ?? 'GET',
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          connection: 'close',
          ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': body.length })
        }
      },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        const done = (): void =>
          settle({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          chunks.push(chunk)
          if (bytes < MOST_BYTES) return
          done()
          response.destroy()
        })
        response.on('end', done)
        response.on('error', () => settle(null))
      }
    )
    sent.on('error', () => settle(null))
    // '101 Switching Protocols' is no answer, and Node then says nothing more of the request.
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      settle(null)
    })
    sent.end(body ?? undefined)
  })
}

/** The answer's JSON where the status is 200; null for everything else. */
export async function fetchJson(
  url: string,
  timeoutMs: number,
  options: { readonly method?: 'GET' | 'POST'; readonly body?: unknown } = {}
): Promise<unknown> {
  const answer = await exchange(url, timeoutMs, options)
  if (answer === null || answer.status !== 200) return null
  try {
    return JSON.parse(answer.text)
  } catch {
    return null
  }
}

/** A member of something that came as JSON; undefined where there is none. */
export const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
