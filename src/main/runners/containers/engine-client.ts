import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { parseJson, textMember } from './json.ts'

/** Nothing that is read whole is larger; an inspected container takes some 10 KiB. */
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Why an engine did not do as it was asked. absent: no socket. denied: this user may not open it. no-answer: nobody
 * behind it, or not in time. refused: it answered with an error of its own. aborted: by us.
 */
export type EngineFault =
  | { readonly kind: 'absent' | 'denied' | 'no-answer' | 'aborted'; readonly text: string }
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }

export interface EngineCall {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Until the whole answer, or of a stream until its head; null = for as long as it takes, until `abort`. */
  readonly timeoutMs: number | null
  readonly abort?: AbortSignal
}

/**
 * The few calls of the Docker Engine API that are needed, over its Unix socket. Podman serves the same ones.
 *
 * No library: those that exist bring SSH, gRPC or a second HTTP client with native parts, for a socket that node
 * can speak to by itself.
 */
export interface EngineClient {
  readonly socket: string
  /** The answer's JSON where the status says that it was done; undefined where it has none. */
  json(call: EngineCall & { readonly timeoutMs: number }): Promise<Result<unknown, EngineFault>>
  /** The answer as it comes; the caller ends it. */
  stream(call: EngineCall): Promise<Result<IncomingMessage, EngineFault>>
}

export function createEngineClient(socket: string): EngineClient {
  const send = (call: EngineCall, signal: AbortSignal): ClientRequest => {
    const body = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body))
    const query = new URLSearchParams(call.query).toString()
    const sent = request({
      socketPath: socket,
      method: call.method ?? 'GET',
      // Without a version: the engine's own newest. One written here would be too old for some, too new for others.
      path: query === '' ? call.path : `${call.path}?${query}`,
      agent: false,
      signal,
      headers: {
        host: 'localhost',
        connection: 'close',
        ...call.headers,
        // An empty POST without a length is refused by some engines.
        ...(body === null
          ? call.method === 'POST'
            ? { 'content-length': 0 }
            : {}
          : { 'content-type': 'application/json', 'content-length': body.length })
      }
    })
    sent.end(body ?? undefined)
    return sent
  }

  const stream = (call: EngineCall): Promise<Result<IncomingMessage, EngineFault>> => {
    const late = new AbortController()
    const timer = call.timeoutMs === null ? undefined : setTimeout(() => late.abort(), call.timeoutMs)
    const signal = call.abort === undefined ? late.signal : AbortSignal.any([late.signal, call.abort])
    return new Promise((settle) => {
      const sent = send(call, signal)
      sent.on('error', (error) => {
        clearTimeout(timer)
        settle(err(faultOf(error, socket, call.abort?.aborted === true)))
      })
      sent.on('response', (response) => {
        clearTimeout(timer)
        const status = response.statusCode ?? 0
        if (status < 400) return settle(ok(response))
        void readWhole(response).then((text) =>
          settle(err({ kind: 'refused', status, text: messageOf(text ?? '', status) }))
        )
      })
    })
  }

  return {
    socket,
    stream,
    async json(call) {
      const late = AbortSignal.timeout(call.timeoutMs)
      const abort = call.abort === undefined ? late : AbortSignal.any([late, call.abort])
      const answer = await stream({ ...call, abort })
      if (!answer.ok) {
        const isLate = answer.error.kind === 'aborted' && call.abort?.aborted !== true
        return isLate ? err(noAnswer(socket, call.timeoutMs)) : answer
      }
      const text = await readWhole(answer.value)
      if (text === null) {
        if (call.abort?.aborted === true) return err({ kind: 'aborted', text: 'It was given up.' })
        return err(noAnswer(socket, call.timeoutMs))
      }
      return ok(parseJson(text))
    }
  }
}

/** Null where it broke off, or is larger than anything that is asked for. */
function readWhole(response: IncomingMessage): Promise<string | null> {
  return new Promise((settle) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES) {
        settle(null)
        response.destroy()
      } else chunks.push(chunk)
    })
    response.on('end', () => settle(Buffer.concat(chunks).toString('utf8')))
    response.on('error', () => settle(null))
    response.on('close', () => settle(null))
  })
}

const messageOf = (text: string, status: number): string =>
  textMember(parseJson(text), 'message') ?? textMember(parseJson(text), 'cause') ?? `it answered ${status}`

const noAnswer = (socket: string, ms: number): EngineFault => ({
  kind: 'no-answer',
  text: `${socket} did not answer within ${Math.round(ms / 1000)} s`
})

function faultOf(error: Error, socket: string, isAborted: boolean): EngineFault {
  if (isAborted) return { kind: 'aborted', text: 'It was given up.' }
  switch ('code' in error ? error.code : '') {
    case 'ENOENT':
      return { kind: 'absent', text: `there is no ${socket}` }
    case 'EACCES':
    case 'EPERM':
      return { kind: 'denied', text: `${socket} may not be opened` }
    case 'ECONNREFUSED':
      return { kind: 'no-answer', text: `nobody listens on ${socket}` }
    case 'ABORT_ERR':
      return { kind: 'no-answer', text: `${socket} did not answer in time` }
    default:
      return { kind: 'no-answer', text: `${socket}: ${error.message}` }
  }
}
