import { WebSocket } from 'ws'

const ANSWER_DEADLINE_MS = 60_000

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** A browser's debugging socket; nothing is switched on that costs the page anything. */
export interface Cdp {
  send<T>(method: string, params?: object, session?: string): Promise<T>
  close(): void
}

/** Rejects when nobody listens at `url`. */
export async function connectCdp(url: string): Promise<Cdp> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 28 })
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  await new Promise((open, failed) => socket.once('open', open).once('error', failed))
  let lastId = 0
  return {
    send<T>(method: string, params: object = {}, session?: string) {
      lastId += 1
      const id = lastId
      return new Promise<T>((done, failed) => {
        const timer = setTimeout(() => failed(new Error(`${method}: no answer`)), ANSWER_DEADLINE_MS)
        waiting.set(id, ({ result, error }) => {
          clearTimeout(timer)
          waiting.delete(id)
          if (error === undefined) done(result as T)
          else failed(new Error(`${method}: ${error.message}`))
        })
        socket.send(JSON.stringify({ id, method, params, ...(session && { sessionId: session }) }))
      })
    },
    close: () => socket.terminate()
  }
}
