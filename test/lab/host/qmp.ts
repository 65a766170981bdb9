import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const CONNECT_MS = 10_000
const POLL_MS = 50

/** QEMU's own control socket: commands and their answers, one JSON object per line. */
export interface Qmp {
  ask(execute: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): void
}

/** Connects to a QEMU that has just been started. */
export async function openQmp(path: string): Promise<Qmp> {
  const socket = await connectSoon(path)
  const waiting: ((answer: Answer) => void)[] = []
  const lines = createInterface({ input: socket })
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as Answer
    if ('return' in answer || 'error' in answer) waiting.shift()?.(answer)
  })
  // A QEMU that quits resets the connection; 'close' below then answers whoever waits.
  lines.on('error', () => undefined)
  socket.on('close', () =>
    waiting.splice(0).forEach((settle) => settle({ error: { desc: 'QEMU has ended' } }))
  )
  const ask = (execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    new Promise((settle, reject) => {
      waiting.push((answer) => {
        if (answer.error) reject(new Error(`QEMU, ${execute}: ${answer.error.desc}`))
        else settle(answer.return)
      })
      socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    })
  await ask('qmp_capabilities')
  return { ask, close: () => socket.destroy() }
}

interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

async function connectSoon(path: string): Promise<Socket> {
  const deadline = performance.now() + CONNECT_MS
  for (;;) {
    const socket = connect(path)
    const failed = await new Promise<Error | null>((settle) => {
      socket.once('connect', () => settle(null))
      socket.once('error', settle)
    })
    if (failed === null) {
      socket.on('error', () => undefined)
      return socket
    }
    if (performance.now() > deadline) throw failed
    await delay(POLL_MS)
  }
}

const SAVE_MS = 120_000

/**
 * Writes a running machine's memory and devices to a file. It is not stopped first: what is saved stopped comes back
 * stopped; with all the downtime it wants, QEMU stops it at once.
 */
export async function saveState(qmp: Qmp, file: string): Promise<void> {
  await qmp.ask('migrate-set-parameters', { 'max-bandwidth': 10 * 2 ** 30, 'downtime-limit': SAVE_MS })
  await qmp.ask('migrate', { uri: `exec:cat >${file}` })
  const deadline = performance.now() + SAVE_MS
  while (performance.now() < deadline) {
    const answer = (await qmp.ask('query-migrate')) as { status?: string; 'error-desc'?: string }
    if (answer.status === 'completed') return
    if (answer.status === 'failed')
      throw new Error(`the machine could not be saved: ${answer['error-desc'] ?? '?'}`)
    await delay(POLL_MS)
  }
  throw new Error('saving the machine does not end')
}
