import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'

/** The section inside takes milliseconds; seconds mean that its holder is frozen. */
const WAIT_MS = 5_000
const RETRY_MS = 20

/**
 * Serialises 'is there a core, else become it' among this user's processes; null when the wait was in vain.
 *
 * An abstract Unix socket: the kernel lets go of its name when the holder dies, however it dies, so it can never
 * be stale. It guards only starting; another user who squats on the name can delay a start, never become the core.
 */
export const acquireStartLock = (runtimeDir: string, waitMs = WAIT_MS): Promise<Disposable | null> =>
  acquire('start', runtimeDir, waitMs)

/**
 * Being the core over this data folder, for as long as the core lives; null when another one is.
 *
 * The control socket alone does not tell: its folder is torn down with the user's last login session while a core
 * started over SSH lives on, and two cores over one data folder would both look after the same runners.
 */
export const acquireCoreLock = (dataDir: string): Promise<Disposable | null> => acquire('core', dataDir, 0)

async function acquire(what: string, folder: string, waitMs: number): Promise<Disposable | null> {
  const uid = process.getuid?.() ?? 0
  const place = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16)
  const name = `\0firebreak-${what}-${uid}-${place}`
  const deadline = performance.now() + waitMs
  for (;;) {
    const server = await tryListen(name)
    if (server !== null) return disposable(() => server.close())
    if (performance.now() >= deadline) return null
    await delay(RETRY_MS)
  }
}

/** null: somebody else has it. Rejects on anything but that. */
function tryListen(name: string): Promise<Server | null> {
  return new Promise((settle, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(null)
      else reject(error)
    })
    server.listen(name, () => settle(server))
  })
}
