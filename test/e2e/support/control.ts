import { connect } from 'node:net'
import { createInterface } from 'node:readline'

export interface Control {
  call<T = void>(method: string, argument?: unknown): Promise<T>
  close(): void
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The test's end of the double's control channel; null while nobody listens yet. */
export async function connectControl(path: string): Promise<Control | null> {
  const socket = connect(path)
  const open = await new Promise<boolean>((done) => {
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
  if (!open) return null

  const pending = new Map<number, Pending>()
  let nextId = 0
  createInterface({ input: socket }).on('line', (line) => {
    const reply = JSON.parse(line) as { id: number; value?: unknown; error?: string }
    const waiting = pending.get(reply.id)
    pending.delete(reply.id)
    if (reply.error === undefined) waiting?.resolve(reply.value)
    else waiting?.reject(new Error(reply.error))
  })
  socket.on('close', () => {
    for (const waiting of pending.values()) waiting.reject(new Error('the application ended'))
    pending.clear()
  })
  socket.on('error', () => undefined) // 'close' follows and tells everyone who waits

  return {
    call: (method, argument) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the application ended'))
        nextId += 1
        pending.set(nextId, { resolve: resolve as (value: unknown) => void, reject })
        socket.write(`${JSON.stringify({ id: nextId, method, argument })}\n`)
      }),
    close: () => socket.destroy()
  }
}
